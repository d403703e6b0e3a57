"""Clients that run one act after another, without an end."""

import asyncio
from random import Random

import httpx

from lab.soak.acts import TABLE, Act, Wrong

CLIENTS = 8
ANSWER_SECONDS = 60.0


class Clients:
    """They share what they count."""

    def __init__(self, port: int, *, seed: int, rate: float) -> None:
        """`rate` is in acts a second, of all together."""
        self.done = 0
        self.complaints: list[str] = []
        self._url, self._seed, self._rate = f"http://127.0.0.1:{port}", seed, rate

    async def act(self, *, seconds: float) -> None:
        """Until so many seconds are over, and what was begun is done."""
        end = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(self._act(Random(f"{self._seed}/{number}"), end) for number in range(CLIENTS)))

    async def _act(self, random: Random, end: float) -> None:
        loop = asyncio.get_running_loop()
        async with httpx.AsyncClient(base_url=self._url, timeout=ANSWER_SECONDS, trust_env=False) as http:
            while (now := loop.time()) < end:
                pause = random.expovariate(self._rate / CLIENTS)
                await self._try(random.choices(list(TABLE), list(TABLE.values()))[0], http, random)
                await asyncio.sleep(max(0.0, pause - (loop.time() - now)))

    async def _try(self, act: Act, http: httpx.AsyncClient, random: Random) -> None:
        try:
            await act(http, random)
        except (Wrong, httpx.HTTPError) as wrong:
            self.complaints.append(f"{act.__name__}: {type(wrong).__name__}: {wrong}")
        self.done += 1
