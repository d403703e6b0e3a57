"""What a key grants: exactly its scopes, and nothing more."""

import pytest

from celeriac.access.scopes import GRANTABLE, Scope, allows, checked_grant


@pytest.mark.parametrize("scope", GRANTABLE)
def test_a_scope_allows_itself_and_admin_allows_all(scope: Scope) -> None:
    assert allows([scope], scope)
    assert allows(["admin"], scope, "add")
    assert not allows([], scope)


@pytest.mark.parametrize("grant", GRANTABLE)
def test_no_scope_allows_another_but_operate_metrics(grant: Scope) -> None:
    allowed = {scope for scope in GRANTABLE if allows([grant], scope)}
    expected = {grant, Scope.METRICS} if grant is Scope.OPERATE else {grant}
    assert allowed == (set(GRANTABLE) if grant is Scope.ADMIN else expected)


@pytest.mark.parametrize(
    ("grant", "allowed", "denied"),
    [
        ("submit:add", ["add"], ["adder", "Add", "add.x", "ad"]),
        ("submit:billing.*", ["billing.pay", "billing.a.b"], ["billing", "billings.x", "xbilling.pay"]),
        ("submit:bill*", ["bill", "billing"], ["bil", "xbill"]),
        ("submit", ["add", "billing.pay"], []),
        ("read", [], ["add"]),
    ],
)
def test_a_grant_for_some_definitions_is_for_these_alone(
    grant: str, allowed: list[str], denied: list[str]
) -> None:
    assert [name for name in allowed + denied if allows([grant], Scope.SUBMIT, name)] == allowed
    assert allows([grant], Scope.SUBMIT) == bool(allowed)


def test_any_key_may_what_any_key_may_and_nobody_needs_one_for_what_is_open() -> None:
    assert allows(["metrics"], Scope.ANY)
    assert not allows([], Scope.ANY)
    assert allows([], Scope.OPEN)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sumbit", "did you mean submit?"),
        ("open", "known: submit, read"),
        ("any", "known: submit, read"),
        ("submit:", "submit:NAME"),
        ("submit:*x", "submit:NAME"),
        ("submit:a b", "submit:NAME"),
        ("read:add", "scope 'read:add' is unknown"),
        ("", "is unknown"),
    ],
)
def test_an_unknown_grant_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match="is unknown") as refused:
        checked_grant(text)
    assert words in str(refused.value)
