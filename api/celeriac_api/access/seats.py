"""How many requests of a caller may stay open at once, in this process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from celeriac_api.access.caller import Caller
from celeriac_api.response.limit_reached import too_many_requests

Place = tuple[str, str]


class Seats:
    """The open requests of one kind, `waits` or `streams`, by key and by owner."""

    def __init__(self, kind: str, *, usual: int, share: int) -> None:
        """A key without a limit of its own has `usual` seats, and all keys of one owner `share` times as many."""
        self._kind, self._usual, self._share = kind, usual, share
        self._taken: Counter[Place] = Counter()

    @contextmanager
    def seat(self, caller: Caller) -> Iterator[None]:
        """Keep a seat while this context lasts; `LimitReached` where there is none. In open access there is always one."""
        places = self._places(caller)
        for place, most in places.items():
            if self._taken[place] >= most:
                raise too_many_requests(f"{place[0]}-{self._kind}", most)
        self._taken.update(places.keys())
        try:
            yield
        finally:
            self._taken.subtract(places.keys())
            for place in places:
                if not self._taken[place]:
                    del self._taken[place]

    def _places(self, caller: Caller) -> dict[Place, int]:
        if not caller.owner:
            return {}
        own = getattr(caller.limits, self._kind)
        of_key = self._usual if own is None else own
        return {("key", caller.name): of_key, ("owner", caller.owner): max(self._usual * self._share, of_key)}
