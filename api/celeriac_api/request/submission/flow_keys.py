"""Finds the keys of a submission: texts, or values of its input."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from celeriac.contract.options.flow import Flow
from celeriac.contract.options.keys import Keys, NoKey
from celeriac.ledger.model.flow import FlowKeys
from celeriac_api.request.body import invalid_input


def flow_keys(
    flow: Flow, input_json: bytes, *, chosen: Flow, at: str = "", hidden: Collection[str] = ()
) -> FlowKeys:
    """The keys of these options in a submission with this valid input, which is at a JSON pointer of the body.

    422 if a pointer leads to no text, number or truth value, or to a parameter whose values are hidden.
    """
    with _at(at):
        rules = Keys(input_json, hidden=hidden).rules_of(flow)
    return FlowKeys.of(rules, chosen=chosen.to_json() if chosen.options else None)


def found_key(name: str, key: str, input_json: bytes, *, at: str = "", hidden: Collection[str] = ()) -> str:
    """The same for one option that is nothing but a key."""
    with _at(at):
        return Keys(input_json, hidden=hidden).key_of(name, key)


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Where there is no key, 422 names the place in the body."""
    try:
        yield
    except NoKey as wrong:
        raise invalid_input([(place + wrong.pointer, wrong.sentence, wrong.value)]) from wrong
