"""The scripts make the same keys as the rest of the code."""

import inspect
import re

from redis import Redis

from celeriac.ledger.store import keys
from lab.harness.checkout import ROOT

LUA = (ROOT / "celeriac/ledger/lua/prelude/keys.lua").read_text(encoding="utf-8")


def test_every_function_of_the_scripts_makes_the_key_of_its_namesake(redis: Redis) -> None:
    functions = dict(re.findall(r"^local function key_(\w+)\((.*?)\)", LUA, re.MULTILINE))
    assert len(functions) >= 8
    for name, parameters in functions.items():
        arguments = [f"{parameter.strip()}-1" for parameter in parameters.split(",")]
        call = ", ".join(f"'{argument}'" for argument in arguments)
        made = redis.eval(f"{LUA}\nreturn key_{name}({call})", 0)
        assert made == getattr(keys, name)(*arguments).encode(), name


def test_every_constant_of_the_scripts_is_the_key_of_its_namesake(redis: Redis) -> None:
    constants = re.findall(r"\bKEY_(\w+)", LUA)
    assert len(constants) >= 11
    for name in constants:
        assert redis.eval(f"{LUA}\nreturn KEY_{name}", 0) == getattr(keys, name.lower())().encode()


def test_each_key_says_how_it_goes() -> None:
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        if name != "remote_control":
            assert re.search(r"TTL|so gone|As many as|One \w+|keeper removes", function.__doc__ or ""), name
