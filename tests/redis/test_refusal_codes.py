"""Which errors of Redis are refusals that pass, in every version."""

import pytest
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
)
from redis.exceptions import (
    TimeoutError as RedisTimeoutError,
)

from celeriac.ledger.store.refusal import refusal_of

IN_REDIS_6 = (
    "ERR Error running script (call to f_4243): @user_script:1: @user_script: 1: -OOM command not allowed."
)
IN_A_PIPELINE = (
    "Command # 1 (SADD a (b) c) of pipeline caused error: NOREPLICAS Not enough good replicas to write."
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "OOM"),
        (ResponseError(IN_REDIS_6), "OOM"),
        (ResponseError("@user_script: 1: -OOM command not allowed."), "OOM"),
        (ResponseError(IN_A_PIPELINE), "NOREPLICAS"),
        (ResponseError("MISCONF Redis is configured to save RDB snapshots, but"), "MISCONF"),
        (ResponseError("BUSY Redis is busy running a script."), "BUSY"),
        (ResponseError("UNBLOCKED force unblock from blocking operation"), "UNBLOCKED"),
        (BusyLoadingError("Redis is loading the dataset in memory"), "LOADING"),
        (TryAgainError("Multiple keys request during rehashing of slot"), "TRYAGAIN"),
        (AuthenticationError("Authentication required."), "NOAUTH"),
        (NoPermissionError("User default has no permissions"), "NOPERM"),
        (RedisConnectionError("max number of clients reached"), "MAXCLIENTS"),
    ],
)
def test_a_refusal_is_known_by_its_code(error: RedisError, code: str) -> None:
    refusal = refusal_of(error)
    assert refusal is not None
    assert refusal.code == code
    assert refusal.words.startswith("Redis") or refusal.words.startswith("The cluster of Redis")


@pytest.mark.parametrize(
    "error",
    [
        ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        ResponseError("ERR value is not an integer, as in -OOM or MISCONF"),
        ResponseError("BUSYKEY Target key name already exists."),
        NoScriptError("No matching script."),
        RedisConnectionError("Connection refused"),
        RedisTimeoutError("Timeout reading from socket"),
    ],
)
def test_all_else_is_no_refusal(error: RedisError) -> None:
    assert refusal_of(error) is None
