"""What the claims of a token mean, by the settings."""

from collections.abc import Mapping
from typing import Any

import pytest

from celeriac.access.key import checked_name
from celeriac.settings import Settings, SettingsError
from celeriac_api.access.caller import Caller
from celeriac_api.access.oidc.claims import Claims, name_of
from celeriac_api.access.start import require_key
from tests.http.access.keys import AWAY

ISSUER = {"CELERIAC_OIDC_ISSUER": "https://login.example/", "CELERIAC_OIDC_AUDIENCE": "celeriac"}


def caller(claims: Mapping[str, Any], **settings: str) -> Caller:
    """Who has these claims."""
    names = {f"CELERIAC_OIDC_{name.upper()}": value for name, value in settings.items()}
    return Claims(Settings.read({**ISSUER, **names})).caller({"sub": "robot", **claims})


def test_scopes_with_our_names_are_taken_and_others_ignored() -> None:
    assert caller({"scope": "openid read submit:add read root"}).grants == ("read", "submit:add")
    assert caller({"scope": ["cancel", 7, None]}).grants == ("cancel",)
    assert caller({"scope": {"admin": True}}).grants == ()
    assert caller({}).grants == ()


def test_a_mapping_replaces_the_names() -> None:
    scopes = "https://shop.example/run=submit:add,tasks=read,tasks=cancel"
    claims = {"roles": ["tasks", "https://shop.example/run", "admin"]}
    grants = caller(claims, scopes=scopes, scopes_claim="roles").grants
    assert grants == ("read", "cancel", "submit:add")


def test_a_claim_can_be_a_member_of_another() -> None:
    claims = {"realm_access": {"roles": ["operate"]}, "https://shop.example/tenant": "acme"}
    named = caller(claims, scopes_claim="realm_access.roles", owner_claim="https://shop.example/tenant")
    assert (named.name, named.owner, named.grants) == ("robot", "acme", ("operate",))


@pytest.mark.parametrize("text", ["auth0|5f7c", "a@shop.example", "../x", "é", "x" * 65, "oidc-1", "\ud800"])
def test_an_owner_that_cannot_be_a_name_gets_one_of_its_own(text: str) -> None:
    name = name_of(text)
    assert checked_name(name).startswith("oidc-")
    assert name != name_of(text + "x") != name_of(name)


@pytest.mark.parametrize("wrong", [None, "", 7, ["robot"], {}])
def test_an_owner_is_a_text(wrong: object) -> None:
    with pytest.raises(ValueError, match="no claim 'sub'"):
        caller({"sub": wrong})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CELERIAC_OIDC_ISSUER": "http://login.example"}, "write the issuer's URL"),
        ({"CELERIAC_OIDC_ISSUER": "https://me:secret@login.example"}, "write the issuer's URL"),
        ({"CELERIAC_OIDC_AUDIENCE": ""}, "only valid together"),
        ({"CELERIAC_OIDC_SCOPES": "read"}, "write pairs"),
    ],
)
def test_wrong_settings_stop_the_start(settings: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Settings.read({**ISSUER, **settings})


def test_a_mapping_to_an_unknown_scope_stops_the_start() -> None:
    with pytest.raises(SettingsError, match="scope 'reed' is unknown; did you mean read"):
        caller({}, scopes="tasks=reed")


def test_with_an_issuer_the_api_may_listen_everywhere_without_a_key() -> None:
    names = {f"CELERIAC_{name.upper()}": value for name, value in AWAY.items()}
    require_key(Settings.read({**names, "CELERIAC_HOST": "0.0.0.0"}), ())  # noqa: S104 - it may
