"""Copies the program without one of its guards: a trial of it must fail."""

import shutil
from pathlib import Path

from lab.harness.checkout import ROOT

PACKAGES = ("api", "celeriac", "lab", "worker")
# For each guard: the file that it is in, and each text that is replaced by another.
GUARDS: dict[str, tuple[str, dict[str, str]]] = {
    "keeper": (
        "celeriac/ledger/keeping/keeper.py",
        {"rounds.come_early(await self.go_round(sweep=is_usual and number % SWEEP_EVERY == 0))": "continue"},
    ),
    "fence": (
        "celeriac/ledger/lua/workers/end_task.lua",
        {
            "if not task or task.token ~= token then return {'stale'} end": "if not task then return {'stale'} end",
            "if task.state == final then return {'ended'} end\n": "",
            "if task.state ~= 'running' then return {'stale'} end\n": "",
        },
    ),
    "spare": (
        "celeriac/ledger/lua/keeper/keep_tasks.lua",
        {"elseif at - last > math.max(lease / 3, GAP) then spare('GT') end": "end"},
    ),
    "order": (
        "celeriac/ledger/lua/prelude/dependencies.lua",
        {"elseif redis.call('EXISTS', key_blockers(id)) == 0 then": "else"},
    ),
    "unmet": (
        "celeriac/ledger/lua/prelude/dependencies.lua",
        {"if not holds(when, other.state) then": "if false then"},
    ),
    "rest": (
        "celeriac/ledger/lua/prelude/dependencies.lua",
        {"if redis.call('EXISTS', key_followers(other.id)) == 1 then": "if false then"},
    ),
    "needed": (
        "celeriac/ledger/lua/prelude/dependencies.lua",
        {
            "return redis.call('EXISTS', key_needers(id)) == 1 or batches.needs_result_of(id) end": "return false end"
        },
    ),
    "unique": (
        "celeriac/ledger/lua/prelude/flow.lua",
        {"if id and unique.otherwise == 'return' then": "if false then"},
    ),
    "slot": (
        "celeriac/ledger/lua/prelude/slots.lua",
        {"while redis.call('ZCARD', holders) < rules.limit do": "while true do"},
    ),
    "slot-release": (
        "celeriac/ledger/lua/prelude/slots.lua",
        {
            "+ redis.call('ZREM', key_slot_holders(slot), task.id) > 0 then": "+ (redis.call('ZREM', key_slot_holders(slot), task.id)) * 0 > 0 then"
        },
    ),
    "batch": (
        "celeriac/ledger/lua/prelude/batches.lua",
        {
            "if redis.call('HINCRBY', key_batch(id), 'open', -1) == 0 and": "if redis.call('HINCRBY', key_batch(id), 'open', -1) and"
        },
    ),
    "due-time": (
        "celeriac/schedules/stored.py",
        {
            'return str(uuid5(self.plan.id, due.astimezone(UTC).isoformat(timespec="microseconds")))': "return str(uuid4())"
        },
    ),
    "version": (
        "celeriac/ledger/lua/schedules/change_schedule.lua",
        {"if (redis.call('HGET', key_schedule(id), 'version') or '') ~= before then return 0 end\n": ""},
    ),
    "throttle": (
        "celeriac/ledger/lua/prelude/slots.lua",
        {
            "return slots.opens_at(rules) <= now() and redis.call('EXISTS', key_throttled(rules.key)) == 0": "return true"
        },
    ),
    "webhook": (
        "celeriac/ledger/lua/prelude/record.lua",
        {"    notify_of(task, document, how)\n": ""},
    ),
    "webhook-lease": (
        "celeriac/ledger/tables/deliveries.py",
        {
            "self._lease = microseconds(settings.webhook_timeout + timedelta(seconds=5))": "self._lease = microseconds(timedelta(days=1))"
        },
    ),
    "loop-begun": (
        "worker/celeriac_worker/loop/loop.py",
        {
            "        self._announce(deliveries)\n": "",
            "        if self._company.enter(run):\n": "        self._announce([run.delivery])\n        if self._company.enter(run) is True:\n",
        },
    ),
    "loop-token": (
        "worker/celeriac_worker/loop/redis/delivery.py",
        {
            "_new_token(), int(stamp)": 'f"token of {own[1].decode()}", int(stamp)',
            "_new_token() if is_ours": "f\"token of {headers['id']}\" if is_ours",
        },
    ),
    "loop-company": (
        "worker/celeriac_worker/loop_control/aftermath.py",
        {"elif len(suspects) == 1:": "elif suspects:"},
    ),
    "loop-guilty": (
        "worker/celeriac_worker/loop_control/aftermath.py",
        {"if run.run.token in verdict.guilty:": "if False:"},
    ),
    "loop-return": (
        "worker/celeriac_worker/loop/redis/ends.py",
        {
            'self._run(scripts.RETURN_TASK, arguments, delivery, "return", done)': "done()",
        },
    ),
    "loop-pops": (
        "worker/celeriac_worker/loop/loop.py",
        {"        await self._pops.stop()\n": ""},
    ),
    "loop-lease": (
        "worker/celeriac_worker/loop_control/loops.py",
        {
            "        return [*running, *(run for runs in list(self._unsettled) for run in runs)]": "        return [run for run in running if False]"
        },
    ),
    "idempotency": (
        "celeriac/ledger/lua/api/accept_tasks.lua",
        {"kind, other, created_at, was, trace_id = earlier(id, options, caller and caller.owner)": ""},
    ),
}


def copy_without(guard: str, directory: Path) -> Path:
    """Copy the program into a directory, and take this guard out of the copy; where it is now."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, directory / package, ignore=shutil.ignore_patterns("__pycache__"))
    name, replacements = GUARDS[guard]
    file = directory / name
    text = file.read_text()
    for old, new in replacements.items():
        if text.count(old) != 1:
            raise LookupError(f"{name} does not have {old!r} once: lab/chaos/sabotage.py is out of date")
        text = text.replace(old, new)
    file.write_text(text)
    return directory
