"""Keys of what the ledger has for existing Celery apps."""

_UNSENT = "celeriac:unsent:"


def lists() -> str:
    """Hash: the lists of messages that are not named like their queue, which are of existing apps, each with its queue. One field a list."""
    return "celeriac:lists"


def following(task_id: str) -> str:
    """List: messages that Celery has published for a task while it was open. Empty, so gone, when the last is pushed; gone with the record."""
    return f"celeriac:following:{task_id}"


def unsent(app: str) -> str:
    """List: tasks that wait for a worker of an existing app to make their messages. Empty, so gone, when all have theirs."""
    return _UNSENT + app


def unsent_in(name: str) -> str | None:
    """That list, by the name under which tasks of a queue wait in it; None where they wait for nothing but a worker. One key an app."""
    return name.partition("\x06")[0] if name.startswith(_UNSENT) else None


def definitions() -> str:
    """Hash: by set and name, the JSON of each announced definition. One field a definition, until its set is announced without it."""
    return "celeriac:definitions"


def definitions_version() -> str:
    """String: when the announced definitions last changed. One number."""
    return "celeriac:definitions:version"
