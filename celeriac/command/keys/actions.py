"""What the commands of `celeriac keys` do."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import partial
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from redis.exceptions import RedisError

from celeriac.access.expiry import expiry_of
from celeriac.access.key import Key, checked_grants, checked_name
from celeriac.access.key_file import KeyFileError, read_key_file
from celeriac.access.limits import Limits
from celeriac.access.secret import digest, new_secret
from celeriac.access.stored_keys import KeyExists, KeyNotFound, StoredKeys
from celeriac.command.keys.audit import entry_of
from celeriac.command.keys.texts import COLUMNS, facts, facts_text, key_document
from celeriac.command.keys.texts import as_json as to_json
from celeriac.command.keys.which_redis import read_settings, redis_of_keys
from celeriac.command.output.exit_codes import ExitCode
from celeriac.command.output.output import Output
from celeriac.command.output.refusal import Failure, Refusal
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.keys import KeyTable
from celeriac.settings import Settings
from celeriac.values.addresses.redis_address import shown
from celeriac.values.durations import duration_of

Result = TypeVar("Result")
SOON = "within 5 seconds"


def new_key(
    name: str,
    scopes: Sequence[str],
    *,
    owner: str | None,
    expires: str | None,
    limits: dict[str, float | None],
) -> Key:
    """The key that these options describe, without a secret; `Refusal` names the option that is wrong."""
    return Key(
        name=_checked("NAME", lambda: checked_name(name)),
        owner=_checked("--owner", lambda: checked_name(owner or name)),
        grants=_checked("--scope", lambda: checked_grants(scopes)),
        digests=(),
        expires_at=_checked("--expires", lambda: expiry_of(expires, now=datetime.now(UTC)))
        if expires
        else None,
        limits=_limits(limits),
    )


def create(key: Key) -> None:
    """Store the key, and print its secret."""
    settings = read_settings()
    if key.name in _keys_of_file(settings):
        raise Failure(_is_taken(key.name))
    try:
        (stored, secret), is_first = _with_keys(settings, lambda keys: _create(keys, key))
    except KeyExists:
        raise Failure(_is_taken(key.name)) from None
    say(f"Key {key.name!r} was created. Its secret is shown only now:")
    _print_secret(secret)
    say("", facts_text(stored, "redis"))
    if is_first:
        say(
            "",
            f"This is the first key. {SOON.capitalize()}, every request needs a key, also on this machine.",
        )


def print_entry(key: Key) -> None:
    """Print an entry for a file of keys; the secret goes to standard error."""
    secret = new_secret()
    entry = {
        "name": key.name,
        "sha256": digest(secret),
        "scopes": key.grants,
        "owner": key.owner if key.owner != key.name else None,
        "expires": key.expires_at,
        "limits": {name: value for name, value in vars(key.limits).items() if value is not None} or None,
    }
    say(f"The secret of {key.name!r} is shown only now, and is not in the entry below:", secret, "")
    _print(to_json({name: value for name, value in entry.items() if value is not None}))


def list_all(output: Output) -> None:
    """Print all keys."""
    output.show_all(
        _all(),
        COLUMNS,
        identity=lambda entry: entry[0].name,
        document=lambda entry: key_document(*entry),
        empty="There is no key. Create one: celeriac keys create NAME --scope SCOPE",
    )


def show(output: Output, name: str) -> None:
    """Print one key."""
    keys = _all()
    for key, source in keys:
        if key.name == name:
            output.show(key_document(key, source), identity=name, facts=partial(facts, key, source))
            return
    raise _not_found(name, [key.name for key, _ in keys])


def rotate(name: str, *, overlap: str) -> None:
    """Give the key a new secret, and print it."""
    duration = _checked("--overlap", lambda: _overlap(overlap))
    key, secret = _change(name, lambda keys: keys.rotate(name, overlap=duration))
    end = f"stays valid for {overlap}" if duration else f"is refused {SOON}"
    say(f"Key {name!r} has a new secret, which is shown only now; the old one {end}:")
    _print_secret(secret)
    say("", facts_text(key, "redis"))


def revoke(name: str) -> None:
    """Remove the key."""
    _change(name, lambda keys: keys.revoke(name))
    say(f"Key {name!r} was revoked. Every process of the API refuses it {SOON}.")


def ask_redis(settings: Settings, act: Callable[[KeyTable], Awaitable[Result]]) -> Result:
    """What this returns, with the keys in Redis; `Failure` if it cannot be used."""
    with redis_of_keys(settings) as url:

        async def run() -> Result:
            keys = KeyTable(url)
            try:
                return await act(keys)
            finally:
                await keys.close()

        try:
            return asyncio.run(run())
        except InDoubt as error:
            raise Failure(
                f"The Redis at {shown(url)} did not answer in time, and may have made the change: celeriac keys list shows it."
            ) from error
        except (Unavailable, RedisError) as error:
            raise Failure(
                f"The Redis at {shown(url)} cannot be used: {str(error).rstrip('.')}. Start it, or correct CELERIAC_REDIS_URL."
            ) from error


def say(*lines: str) -> None:
    """Lines for people, on standard error."""
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    sys.stderr.flush()


def _print_secret(secret: str) -> None:
    _print(secret)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _with_keys(settings: Settings, act: Callable[[StoredKeys], Awaitable[Result]]) -> Result:
    return ask_redis(settings, lambda keys: act(StoredKeys(keys, entry_of=entry_of)))


async def _create(keys: StoredKeys, key: Key) -> tuple[tuple[Key, str], bool]:
    is_first = await keys.is_empty()
    return await keys.create(key), is_first


def _change(name: str, act: Callable[[StoredKeys], Awaitable[Result]]) -> Result:
    settings = read_settings()
    try:
        return _with_keys(settings, act)
    except KeyNotFound:
        if name in _keys_of_file(settings):
            raise Failure(
                f"The key {name!r} is in the file that CELERIAC_KEYS_FILE names: change it there."
            ) from None
        names = [key.name for key, _ in _all()]
        raise _not_found(name, names) from None


def _all() -> list[tuple[Key, str]]:
    settings = read_settings()
    stored = _with_keys(settings, lambda keys: keys.all())
    keys = [(key, "redis") for key in stored.values()]
    keys += [(key, "file") for key in _keys_of_file(settings).values()]
    return sorted(keys, key=lambda entry: entry[0].name)


def _keys_of_file(settings: Settings) -> dict[str, Key]:
    try:
        return read_key_file(settings.keys_file) if settings.keys_file else {}
    except KeyFileError as wrong:
        raise Refusal(str(wrong)) from wrong


def _limits(values: dict[str, float | None]) -> Limits:
    try:
        return TypeAdapter(Limits).validate_python(values)
    except ValidationError as wrong:
        (first, *_) = wrong.errors(include_url=False)
        option = str(first["loc"][0]).replace("_", "-")
        raise Refusal(f"--{option} {first['input']} is wrong: {first['msg']}.") from None


def _overlap(text: str) -> timedelta:
    duration = duration_of(text)
    if duration < timedelta(0):
        raise ValueError("must not be negative")
    return duration


def _checked(option: str, read: Callable[[], Result]) -> Result:
    try:
        return read()
    except ValueError as wrong:
        raise Refusal(f"{option} is wrong: {wrong}.") from None


def _is_taken(name: str) -> str:
    return f"A key has the name {name!r}. Choose another name, or give it a new secret: celeriac keys rotate {name}"


def _not_found(name: str, names: Sequence[str]) -> Failure:
    near = get_close_matches(name, names, n=1)
    advice = f"Did you mean {near[0]!r}?" if near else "celeriac keys list shows all keys."
    return Failure(f"No key has the name {name!r}.", advice=advice, exit_code=ExitCode.NOT_FOUND)
