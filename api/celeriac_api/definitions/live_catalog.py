"""The definitions that the API offers now; all of them are replaced in one step."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Catalog, catalog_of
from celeriac.contract.definition import Definition, QueueSettings
from celeriac.contract.options.queues import Queues, queues_among
from celeriac_api.definitions.merging import Merged, Source, merged


class LiveCatalog(Mapping[str, Definition]):
    """What is offered, by name. A definition that has not changed stays the same object."""

    def __init__(self, loaded: Catalog, settings: QueueSettings, *, filed: Iterable[Source] = ()) -> None:
        """Those that this process has loaded, and those of a file, which an announcement of the same app replaces."""
        self.loaded, self._settings = loaded, settings
        self._filed = {source.name: source for source in filed}
        self._followers: list[Callable[[], object]] = []
        # Another number after each change.
        self.generation = 0
        self._merged: Merged = merged(loaded, self._filed.values())
        self.queues = self._queues()

    def __getitem__(self, name: str) -> Definition:
        """The definition of this name, as it is now."""
        return self._merged.offered[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._merged.offered)

    def __len__(self) -> int:
        """How many are offered."""
        return len(self._merged.offered)

    @property
    def by_path(self) -> Mapping[str, Definition]:
        """What is offered, by name and by alias."""
        return self._merged.by_path

    @property
    def refused(self) -> tuple[Definition, ...]:
        """What is shown and not offered."""
        return self._merged.refused

    def on_change(self, follower: Callable[[], object]) -> None:
        """Call this now, and after each change."""
        self._followers.append(follower)
        follower()

    def replace(self, announced: Iterable[Source]) -> None:
        """From now on, these are announced: whoever looks sees all of them, and none of those before."""
        sources = {**self._filed, **{source.name: source for source in announced}}
        self._merged = merged(self.loaded, sources.values())
        self.queues = self._queues()
        self.generation += 1
        for follower in self._followers:
            follower()

    def _queues(self) -> Queues:
        """Those of what is offered, and of the built-in tasks."""
        return queues_among([*self.values(), *catalog_of(built_in()).values()], settings=self._settings)
