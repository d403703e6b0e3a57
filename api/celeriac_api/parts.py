"""Builds the long-lived parts of the API, which its routes share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from celeriac.access.key_file import KeyFile
from celeriac.contract.catalog import Implementations, catalog_of
from celeriac.contract.fit.results import ResultFit
from celeriac.contract.options.queues import queues_of
from celeriac.files.store.from_settings import StoreMissing, store_at
from celeriac.files.store.in_threads import AsyncStore
from celeriac.files.store.store import SweptStore
from celeriac.ledger.for_operators import Overview
from celeriac.ledger.from_settings import ledger_of
from celeriac.ledger.keeping.file_sweep import FileSweep
from celeriac.ledger.keeping.keeper import Keeper
from celeriac.ledger.ledger import Ledger
from celeriac.ledger.live.event_streams import Feed
from celeriac.ledger.store.epoch import Epoch
from celeriac.ledger.tables.audit import AuditTrail
from celeriac.ledger.tables.batches import BatchTable
from celeriac.ledger.tables.definitions import DefinitionTable
from celeriac.ledger.tables.deliveries import DeliveryTable
from celeriac.ledger.tables.files import FileTable
from celeriac.ledger.tables.graphs import Graphs
from celeriac.ledger.tables.keys import KeyTable
from celeriac.ledger.tables.limits import LimitTable
from celeriac.ledger.tables.schedules import ScheduleTable
from celeriac.ledger.tables.webhooks import WebhookTable
from celeriac.schedules.firing import Firing
from celeriac.schedules.known_definitions import KnownDefinitions
from celeriac.settings import Durability, Settings, SettingsError
from celeriac_api.access.audit import Audit
from celeriac_api.access.authenticate import Door
from celeriac_api.access.file_space import FileSpace
from celeriac_api.access.key_ring import KeyRing
from celeriac_api.access.seats import Seats
from celeriac_api.definitions.catalog_file import read_catalogs
from celeriac_api.definitions.following import Following
from celeriac_api.definitions.input_models import InputModels, refusal_of
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.request.judgement import Judge
from celeriac_api.resources.schedules.declared import DeclaredSchedules
from celeriac_api.resources.webhooks.delivering import Delivering
from celeriac_api.server.counters import Counters
from celeriac_api.submissions import Submissions

if TYPE_CHECKING:
    from celeriac_api.access.oidc.tokens import Tokens


@dataclass(frozen=True, kw_only=True)
class Parts:
    """The parts of an app; `queues` are those of its task modules."""

    settings: Settings
    catalog: LiveCatalog
    input_models: InputModels
    following: Following
    queues: set[str]
    counters: Counters
    ledger: Ledger
    feed: Feed
    overview: Overview
    keeper: Keeper
    audit_trail: AuditTrail
    audit: Audit
    key_table: KeyTable
    key_ring: KeyRing
    tokens: "Tokens | None"
    door: Door
    judge: Judge
    submissions: Submissions
    streams: Seats
    batches: BatchTable
    graphs: Graphs
    schedules: ScheduleTable
    limits: LimitTable
    firing: Firing
    declared: DeclaredSchedules
    webhooks: WebhookTable
    deliveries: DeliveryTable
    delivering: Delivering
    files: AsyncStore
    file_space: FileSpace
    file_table: FileTable
    file_sweep: FileSweep

    async def close(self) -> None:
        """Close every connection to Redis."""
        await self.keeper.close()
        await self.batches.close()
        await self.schedules.close()
        await self.webhooks.close()
        await self.deliveries.close()
        await self.graphs.close()
        await self.following.close()
        await self.limits.close()
        self.file_sweep.close()
        await self.file_table.close()
        await self.audit_trail.close()
        await self.key_table.close()
        if self.tokens is not None:
            await self.tokens.provider.close()
        await self.feed.close()
        await self.overview.close()
        await self.ledger.close()
        self.files.close()


def build_parts(settings: Settings, implementations: Implementations) -> Parts:
    """The parts for these settings and these tasks; nothing is connected yet. `SettingsError` for a wrong file of keys."""
    counters, epoch = Counters(), Epoch()
    catalog = _catalog(settings, implementations)
    input_models = InputModels(implementations)
    queues = set(queues_of(catalog.loaded.values(), settings).all)
    judge = Judge(largest=settings.max_body_bytes)
    key_table = KeyTable(settings.backend, epoch=epoch)
    key_ring = KeyRing(key_table, KeyFile(settings.keys_file), closed=settings.oidc_issuer is not None)
    tokens = _tokens(settings)
    audit_trail = AuditTrail(settings.backend, epoch=epoch)
    ledger = ledger_of(settings, epoch=epoch, on_answer=counters.round_trip.observe)
    submissions = Submissions(catalog, input_models, settings, ledger, judge, ResultFit(implementations))
    schedules = ScheduleTable(settings.backend, epoch=epoch)
    webhooks, deliveries = WebhookTable(settings.backend, epoch=epoch), DeliveryTable(settings, epoch=epoch)
    files, file_table = _store(settings), FileTable(settings.backend, epoch=epoch)
    return Parts(
        settings=settings,
        catalog=catalog,
        input_models=input_models,
        following=Following(catalog, DefinitionTable(settings.backend, epoch=epoch), refusal_of),
        queues=queues,
        counters=counters,
        ledger=ledger,
        feed=Feed(settings.backend, epoch),
        overview=Overview(settings, queues=queues, epoch=epoch),
        keeper=Keeper(settings, epoch),
        audit_trail=audit_trail,
        audit=Audit(audit_trail),
        key_table=key_table,
        key_ring=key_ring,
        tokens=tokens,
        door=Door(key_ring, open_everywhere=settings.open, tokens=tokens, origins=settings.cors_origins),
        judge=judge,
        submissions=submissions,
        streams=Seats("streams", usual=settings.streams, share=settings.owner_share),
        batches=BatchTable(settings, epoch=epoch, others_wait=ledger.is_accepting),
        graphs=Graphs(settings.backend, epoch=epoch),
        schedules=schedules,
        declared=DeclaredSchedules(implementations, schedules, submissions),
        limits=LimitTable(settings, epoch=epoch),
        firing=Firing(schedules, ledger, KnownDefinitions(catalog, input_models.check_of, settings)),
        webhooks=webhooks,
        deliveries=deliveries,
        delivering=Delivering(settings, deliveries, webhooks),
        files=AsyncStore(files),
        file_space=FileSpace(file_table, settings.max_file_bytes_per_owner),
        file_table=file_table,
        file_sweep=FileSweep(files, file_table),
    )


def _catalog(settings: Settings, implementations: Implementations) -> LiveCatalog:
    """What is loaded, and in files. Other definitions come as workers announce them."""
    filed = read_catalogs(settings.catalog, refusal_of)
    return LiveCatalog(catalog_of(implementations), settings, filed=filed)


def _store(settings: Settings) -> SweptStore:
    try:
        return store_at(settings.place_of_files, durable=settings.durability is not Durability.AOF)
    except StoreMissing as missing:
        raise SettingsError(str(missing)) from missing


def _tokens(settings: Settings) -> "Tokens | None":
    """What checks tokens, if the settings name an issuer; then an extra is needed."""
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    try:
        from celeriac_api.access.oidc.tokens import new_tokens  # noqa: PLC0415 - an extra, and slow to load
    except ModuleNotFoundError as missing:
        raise SettingsError(
            f'CELERIAC_OIDC_ISSUER is set, but {missing.name} is not installed: pip install "celeriac[oidc]".'
        ) from missing
    return new_tokens(settings, settings.oidc_issuer, settings.oidc_audience)
