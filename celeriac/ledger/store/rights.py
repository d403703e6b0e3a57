"""Lists the Redis rights that the API uses, and finds the missing ones.

A right has the form of `ACL SETUSER`: `+hset`, `~celeriac:*`, `&celeriac:watch`.
"""

import re
from collections.abc import Collection, Sequence
from functools import cache

from celeriac.ledger.store import keys, scripts
from celeriac.ledger.store.connection import Argument, Connection, Refused
from celeriac.ledger.store.refusal import Refusal
from celeriac.settings import Durability

Command = tuple[str, ...]
RUN_SCRIPTS = "+fcall and +function|load, or +evalsha and +eval"
_KEYS = "~celeriac:*"
_KEY = keys.tasks()
# In which Celery keeps what a worker that knows no records has taken.
_UNACKED = "unacked"
_SUBSCRIBED = (keys.WATCH_CHANNEL, keys.result("x"))
_OUTSIDE_SCRIPTS = ("BRPOP", "HGETALL", "LRANGE", "MGET", "XREVRANGE")
_SCRIPTED = re.compile(r"redis\.p?call\('([A-Z]+)'")
# What has other arguments than a key first, or more of them.
_FORMS: dict[str, Command] = {
    "BRPOP": ("BRPOP", _KEY, "0"),
    "DEL": ("DEL", _KEY),
    "EXISTS": ("EXISTS", _KEY),
    "HGETALL": ("HGETALL", _KEY),
    "LMOVE": ("LMOVE", _KEY, _KEY, "LEFT", "RIGHT"),
    "LPOP": ("LPOP", _KEY),
    "MGET": ("MGET", _KEY),
    "PERSIST": ("PERSIST", _KEY),
    "RENAME": ("RENAME", _KEY, _KEY),
    "RPOP": ("RPOP", _KEY),
    "XINFO": ("XINFO", "STREAM", _KEY),
    "XREAD": ("XREAD", "STREAMS", _KEY, "0"),
    "ZPOPMIN": ("ZPOPMIN", _KEY),
    "ZRANDMEMBER": ("ZRANDMEMBER", _KEY),
    "ZRANK": ("ZRANK", _KEY, "0"),
    "ZSCORE": ("ZSCORE", _KEY, "0"),
}
_WITHOUT_KEY: dict[str, Command] = {
    "PING": ("PING",),
    "TIME": ("TIME",),
    "UNSUBSCRIBE": ("UNSUBSCRIBE", keys.WATCH_CHANNEL),
}
_CONFIRMING: dict[Durability, list[Command]] = {
    Durability.AOF: [],
    Durability.FSYNC: [("WAITAOF", "0", "0", "1")],
    Durability.REPLICA: [("WAIT", "0", "1")],
}
# Of queues, results and channels.
_ELSEWHERE = ("GET", "HEXISTS", "RPUSH", "SUBSCRIBE", "PUBLISH")


async def require_rights(
    connection: Connection, *, queues: Collection[str], database: int, durability: Durability
) -> None:
    """`Refused` names all missing rights. A server before Redis 7.0 cannot check rights: there, none is reported."""
    published = (keys.remote_control(database), keys.result("x"))
    commands = [*_commands(queues, published), *_CONFIRMING[durability]]
    flat: list[Argument] = []
    for command in commands:
        flat += (len(command), *command)
    try:
        answer = await connection.run(scripts.CHECK_RIGHTS, flat)
    except Refused as refused:
        if refused.refusal.code == "NOPERM":
            raise _denied([RUN_SCRIPTS]) from refused
        raise
    if answer and answer != b"unknown":
        raise _denied(_missing([commands[number - 1] for number in answer], queues, published))


def _denied(rights: Sequence[str]) -> Refused:
    return Refused(Refusal("NOPERM", f"missing: {', '.join(rights)}; deploy/redis.acl lists all"))


def _commands(queues: Collection[str], published: Sequence[str]) -> list[Command]:
    return [
        *_of_keys(),
        *_WITHOUT_KEY.values(),
        ("GET", keys.result("x")),
        ("HEXISTS", _UNACKED, "x"),
        *(("RPUSH", name, "x") for queue in queues for name in (queue, keys.low(queue))),
        *(("SUBSCRIBE", channel) for channel in _SUBSCRIBED),
        *(("PUBLISH", channel, "") for channel in published),
    ]


@cache
def _of_keys() -> list[Command]:
    of_all = [script for script in vars(scripts).values() if isinstance(script, scripts.Script)]
    texts = scripts.PRELUDE + "".join(
        script.body for script in of_all if script.name not in scripts.OF_WORKERS
    )
    names = {*_SCRIPTED.findall(texts), *_OUTSIDE_SCRIPTS, *_FORMS} - {"PUBLISH", *_WITHOUT_KEY}
    return [_FORMS.get(name, (name, _KEY, "0", "0")) for name in sorted(names)]


def _missing(denied: Sequence[Command], queues: Collection[str], published: Sequence[str]) -> list[str]:
    """The commands; of keys and channels those for which a command is denied that is allowed for others."""
    of_keys = _of_keys()
    everywhere = [command for command in of_keys if command in denied]
    rights = [_KEYS] if len(everywhere) == len(of_keys) else [_right(command) for command in everywhere]
    rights += [
        _right(command) for command in denied if command not in of_keys and command[0] not in _ELSEWHERE
    ]
    if "+get" not in rights and ("GET", keys.result("x")) in denied:
        rights.append(f"~{keys.result('*')}")
    if "+hexists" not in rights and ("HEXISTS", _UNACKED, "x") in denied:
        rights.append(f"~{_UNACKED}")
    if "+rpush" not in rights:
        for queue in queues:
            of_lists = [name for name in (queue, keys.low(queue)) if ("RPUSH", name, "x") in denied]
            rights += [f"~{queue}*"] if of_lists else []
    return rights + _missing_of_channels(denied, published)


def _missing_of_channels(denied: Sequence[Command], published: Sequence[str]) -> list[str]:
    """A command that is allowed for no channel may be denied itself."""
    rights, channels = [], set()
    for verb, needed, *rest in (("SUBSCRIBE", _SUBSCRIBED), ("PUBLISH", published, "")):
        lacking = {_pattern(channel) for channel in needed if (verb, channel, *rest) in denied}
        if len(lacking) == len(needed):
            rights.append(f"+{verb.lower()} on {' and '.join(sorted(lacking))}")
        else:
            channels |= lacking
    return rights + sorted(channels)


def _pattern(channel: str) -> str:
    return "&" + channel.replace(keys.result("x"), keys.result("*"))


def _right(command: Command) -> str:
    parts = command[:2] if command[0] == "XINFO" else command[:1]
    return "+" + "|".join(parts).lower()
