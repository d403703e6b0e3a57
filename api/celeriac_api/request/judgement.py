"""Validates small bodies at once and large ones outside the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from celeriac_api.request.schema.strict_json import check_size

# What a body of this size costs at worst, nobody notices.
AT_ONCE_BYTES = 16_384
BYTES_PER_VALUE = 8

Verdict = TypeVar("Verdict")


class Judge:
    """Large bodies share one thread, so that the event loop competes with only one for the interpreter."""

    def __init__(self, *, largest: int) -> None:
        """`largest` is the limit of a body's size in bytes; the limit of its values follows from it."""
        self.largest = largest
        self._most_values = max(largest // BYTES_PER_VALUE, AT_ONCE_BYTES)
        self._turn = asyncio.Lock()

    async def judge(self, body: bytes, verdict: Callable[[bytes], Verdict]) -> Verdict:
        """The value that `verdict` makes from this body, or its refusal. `verdict` must not use the event loop."""
        if len(body) <= AT_ONCE_BYTES:
            return verdict(body)
        async with self._turn:
            return await asyncio.to_thread(self._judge_large, body, verdict)

    def judge_here(self, body: bytes, verdict: Callable[[bytes], Verdict]) -> Verdict:
        """The same for a caller without an event loop."""
        return verdict(body) if len(body) <= AT_ONCE_BYTES else self._judge_large(body, verdict)

    def _judge_large(self, body: bytes, verdict: Callable[[bytes], Verdict]) -> Verdict:
        check_size(body, most_values=self._most_values)
        return verdict(body)
