"""Builds the API: `uvicorn --factory celeriac_api.app:create_app`."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from celeriac.contract.built_in import built_in
from celeriac.contract.catalog import Implementations, files_without_tasks, load_implementations
from celeriac.contract.signature import ContractError
from celeriac.settings import Settings, SettingsError
from celeriac.telemetry.start_messages import mention_files_without_tasks, refuse_start
from celeriac.telemetry.trace_settings import close, is_wanted, packages_of_the_extra
from celeriac.version import VERSION
from celeriac_api.access.cors import cors_options
from celeriac_api.access.start import read_keys_at_start
from celeriac_api.all_routes import all_routes
from celeriac_api.definitions.definition_routes import DefinitionRoutes
from celeriac_api.definitions.live_catalog import LiveCatalog
from celeriac_api.definitions.openapi_parts import OpenAPIParts
from celeriac_api.parts import Parts, build_parts
from celeriac_api.response import problems
from celeriac_api.response.definition_schemas import describe_definitions
from celeriac_api.response.openapi import SECURITY_SCHEMES
from celeriac_api.response.problems import ProblemDocument
from celeriac_api.response.task_document import EXAMPLE
from celeriac_api.routes.submit import RouteOf
from celeriac_api.server.connections.slow_clients import allowed_files
from celeriac_api.server.counters import prepare_shared_directory
from celeriac_api.server.logs import set_up as set_up_logs
from celeriac_api.server.logs import take_prints
from celeriac_api.server.outermost import Boundary
from celeriac_api.server.route import ShortRoute
from celeriac_api.server.route_documentation import described
from celeriac_api.server.route_table import RouteTable
from celeriac_api.server.shutdown import at_termination
from celeriac_api.server.spans import SERVICE, Traced, telemetry_config

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

DESCRIPTION = """The HTTP front door to a Celery worker pool.

Submit a task with `POST /{name}`: the answer is 202 with a task document. Read it with `GET /tasks/{task_id}` until `ready` is
true: then it has a `result` or an `error`. The answer to a refused request is a problem document (RFC 9457)."""

# After the first answers, for which nobody has to wait then: it takes 50 ms.
SETTLED_SECONDS = 1.0
# In place of the packages of task modules: what is announced is served, and what files have.
NO_TASKS = "none"

logger = logging.getLogger(__name__)


def create_app() -> FastAPI:
    """The app for this process's environment; a mistake there stops the start with a sentence."""
    try:
        settings = Settings.read()
        take_prints(settings.log_format)
        implementations = {} if settings.tasks == NO_TASKS else load_implementations(settings.tasks)
        prepare_shared_directory()
        allowed_files()
        spans = _spans()
        app = build_app(settings, implementations, spans=spans)
    except (SettingsError, ContractError) as wrong:
        refuse_start("API", wrong)
    set_up_logs(settings.log_format)
    if implementations:
        mention_files_without_tasks(logger, files_without_tasks(settings.tasks))
    return app


def build_app(
    settings: Settings, implementations: Implementations, *, spans: "TracerProvider | None" = None
) -> "CeleriacAPI":
    """The app for these settings and these tasks; with `spans`, each request makes one."""
    return app_of(build_parts(settings, implementations), spans=spans, on_start=_settle_collector_soon)


def app_of(
    parts: Parts,
    *,
    spans: "TracerProvider | None" = None,
    on_start: Callable[[], object] | None = None,
) -> "CeleriacAPI":
    """The app with these parts; the event loop calls `on_start` when it starts."""
    app = CeleriacAPI(
        title="Celeriac",
        version=VERSION,
        description=DESCRIPTION,
        lifespan=_lifespan(parts, spans, on_start),
        telemetry=telemetry_config(spans),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    # For programs in this process, which submit without HTTP.
    app.state.submissions = parts.submissions
    app.state.door = parts.door
    app.state.audit = parts.audit
    app.definitions = parts.catalog
    fixed, of_definition = all_routes(parts, document=app.described_with)
    short = partial(ShortRoute, judge=parts.judge, door=parts.door, audit=parts.audit)
    app.definition_routes = DefinitionRoutes(
        parts.catalog, lambda definition, path: short(of_definition(definition, path))
    )
    app.openapi_parts = OpenAPIParts(parts.catalog, partial(_operation_of_any, app, of_definition))
    app.router.routes.extend([*map(short, fixed), app.definition_routes])
    app.add_middleware(RouteTable, routes=app.routes)
    if parts.settings.cors_origins is not None:
        app.add_middleware(CORSMiddleware, **cors_options(parts.settings.cors_origins))
    app.add_middleware(Boundary, counters=parts.counters)
    if spans is not None:
        app.add_middleware(Traced)
    problems.install(app, names=parts.catalog, identify=parts.door.admit)
    return app


def _lifespan(
    parts: Parts, spans: "TracerProvider | None", on_start: Callable[[], object] | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The keeper runs while the app serves; then all that is open is closed."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if on_start is not None:
            on_start()
        await read_keys_at_start(parts.key_ring, open_everywhere=parts.settings.open)
        await parts.following.begin()
        loops = [
            parts.keeper.keep(),
            parts.key_ring.keep(),
            parts.firing.keep(),
            parts.delivering.keep(),
            parts.declared.keep(),
            parts.file_sweep.keep(),
        ]
        if parts.tokens is not None:
            loops.append(parts.tokens.provider.keep())
        keeping = [asyncio.create_task(loop) for loop in loops]
        with at_termination(parts.ledger.watch.release, parts.batches.watch.release, parts.feed.release):
            yield
        for loop in keeping:
            loop.cancel()
        await asyncio.wait(keeping)
        await parts.close()
        if spans is not None:
            await asyncio.to_thread(close, spans)

    return lifespan


def _settle_collector_soon() -> None:
    asyncio.get_running_loop().call_later(SETTLED_SECONDS, _settle_collector)


def _settle_collector() -> None:
    """What is loaded by now stays: the collector need not go through it again and again (20 ms each time).

    Nor through all that thousands of waiters hold (300 ms each time): young garbage is what requests leave.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 1000)


def _spans() -> "TracerProvider | None":
    if not is_wanted():
        return None
    with packages_of_the_extra():
        from celeriac.telemetry.provider import new_provider  # noqa: PLC0415 - an extra, and slow to load
    return new_provider(SERVICE)


def _operation_of_any(app: FastAPI, of_definition: RouteOf) -> dict[str, Any]:
    """How FastAPI describes the route of a definition."""
    implementation = next(iter(built_in().values()))
    route = of_definition(implementation.definition, implementation.definition.name)
    operation: dict[str, Any] = described(app, [route])["paths"][route.path]["post"]
    return operation


class CeleriacAPI(FastAPI):
    """FastAPI, whose OpenAPI document also describes problems and results, and shows a whole task."""

    definitions: LiveCatalog
    definition_routes: DefinitionRoutes
    openapi_parts: OpenAPIParts

    @property
    def short_routes(self) -> list[ShortRoute]:
        """All routes as they are now: those of the definitions by their names, then those that are always there."""
        of_definitions = (self.definition_routes.find(f"/{name}") for name in self.definitions)
        fixed = (route for route in self.routes if isinstance(route, ShortRoute))
        return [route for route in (*of_definitions, *fixed) if route is not None]

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document of all routes as they are now."""
        return self.openapi_parts.joined(
            self._of_loaded(), [name for name in self.definitions if name not in self.definitions.loaded]
        )

    def described_with(self, names: Iterable[str] | None) -> dict[str, Any]:
        """The same with only these of the definitions; None: with all."""
        if names is None:
            return self.openapi()
        loaded = self.definitions.loaded
        chosen = set(names)
        base = self._of_loaded()
        hidden = {f"/{name}" for name in loaded if name not in chosen}
        paths = {path: item for path, item in base["paths"].items() if path not in hidden}
        return self.openapi_parts.joined({**base, "paths": paths}, sorted(chosen - loaded.keys()))

    def _of_loaded(self) -> dict[str, Any]:
        """With the definitions that this process has loaded; made once, at the first request for it."""
        if self.openapi_schema is None:
            loaded = (self.definition_routes.find(f"/{name}") for name in self.definitions.loaded)
            fixed = (route for route in self.routes if isinstance(route, ShortRoute))
            routes = [route.declared for route in (*loaded, *fixed) if route]
            document = self.openapi_schema = described(self, routes)
            document["components"]["securitySchemes"] = SECURITY_SCHEMES
            schemas = document["components"]["schemas"]
            problem = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"), Problem=problem)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            describe_definitions(document, self.definitions.loaded.values())
            # Here, for FastAPI takes every null out of an example.
            schemas["TaskDocument"]["examples"] = [EXAMPLE]
        return self.openapi_schema
