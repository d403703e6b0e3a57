"""Sends the deliveries of webhooks: every process of the API takes some, many at once.

A delivery is claimed before it is sent, and ended after. A process that dies in between leaves a lease, after which another one sends the
same again, with the same `webhook-id`: at least once.
"""

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from redis.exceptions import RedisError

from celeriac.ledger.model.states import FINAL
from celeriac.ledger.store.connection import InDoubt, Unavailable
from celeriac.ledger.tables.deliveries import Attempt, Delivery, DeliveryTable
from celeriac.ledger.tables.webhooks import WebhookTable
from celeriac.settings import Settings
from celeriac.values.addresses.public_address import Network, networks_of
from celeriac.values.addresses.webhook_url import WebhookURL, webhook_url
from celeriac.values.setting_checks import delays_of
from celeriac_api.resources.webhooks.endpoints import disabled_endpoint, endpoint_of
from celeriac_api.resources.webhooks.message import body_of
from celeriac_api.resources.webhooks.signature import new_secret, signed_headers
from celeriac_api.resources.webhooks.slots import Slots

if TYPE_CHECKING:
    from celeriac_api.resources.webhooks.sending import Outcome, Sender

PAUSE_SECONDS = 1.0
# For what is under way when the process is asked to end.
LAST_SECONDS = 2.0
GONE = 410
AWAY = (Unavailable, InDoubt, RedisError)

logger = logging.getLogger(__name__)


class Delivering:
    """Takes deliveries from their queue and sends them."""

    def __init__(self, settings: Settings, deliveries: DeliveryTable, webhooks: WebhookTable) -> None:
        """Nothing is sent before `keep`."""
        self._deliveries, self._webhooks = deliveries, webhooks
        self._at_once = settings.webhook_at_once
        self._timeout = settings.webhook_timeout.total_seconds()
        self._allowed = networks_of(settings.webhook_allow)
        self._delays = delays_of(settings.webhook_retries)
        self._slots = Slots(self._at_once)
        self._room = asyncio.Semaphore(self._at_once)
        self._under_way: set[asyncio.Task[None]] = set()
        self._sender: asyncio.Task[Sender] | None = None
        self._process = f"api-{os.getpid()}@{socket.gethostname()}"

    async def keep(self) -> None:
        """Take and send until cancelled; then what is under way has a moment to end, or is given back."""
        try:
            while self._at_once:
                await self._take()
        finally:
            await self._finish()

    async def _take(self) -> None:
        await self._room.acquire()
        delivery_id = None
        try:
            delivery_id = await self._deliveries.take()
        except AWAY as error:
            logger.debug("webhooks: %s; trying again", error)
            await asyncio.sleep(PAUSE_SECONDS)
        finally:
            if delivery_id is None:
                self._room.release()
        if delivery_id is not None:
            sending = asyncio.create_task(self._deliver(delivery_id))
            self._under_way.add(sending)
            sending.add_done_callback(self._is_over)

    def _is_over(self, sending: asyncio.Task[None]) -> None:
        self._under_way.discard(sending)
        self._room.release()

    async def _finish(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=LAST_SECONDS)
        for sending in self._under_way:
            sending.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._sender is not None:
            await (await self._sender).close()

    async def _deliver(self, delivery_id: str) -> None:
        """A message that is lost here comes again: its delivery is unclaimed, or its lease ends."""
        try:
            delivery, *_ = await self._deliveries.read(delivery_id, owner=None, with_secrets=True)
            if delivery is not None and delivery.state not in FINAL:
                await self._try(delivery, uuid4().hex)
        except AWAY as error:
            logger.info("webhooks: delivery %s: %s; it is tried again", delivery_id, error)
        except Exception:
            logger.exception("webhooks: delivery %s failed; it is tried again", delivery_id)

    async def _try(self, delivery: Delivery, token: str) -> None:
        refusal, url = self._target(delivery)
        wait = self._slots.enter(url.host, delivery.owner) if refusal is None else 0.0
        if not await self._deliveries.claim(delivery, token=token, process=self._process):
            if refusal is None and not wait:
                self._slots.leave(url.host, delivery.owner, seconds=0.0)
            return
        if refusal is not None:
            await self._deliveries.end(delivery, token=token, attempts=delivery.attempts, error=refusal)
        elif wait:
            delay, reason = timedelta(seconds=wait), "as many are under way to this host as may"
            await self._deliveries.retry(
                delivery, token=token, attempts=delivery.attempts, delay=delay, error=reason
            )
        else:
            await self._attempt(delivery, token, url)

    def _target(self, delivery: Delivery) -> tuple[str | None, WebhookURL]:
        """Why it is not sent, if it is not; and where it is sent: an endpoint may have moved meanwhile."""
        text, refusal = delivery.url, None
        if delivery.endpoint is not None:
            endpoint = endpoint_of(delivery.endpoint_text)
            if endpoint is None:
                refusal = f"the endpoint {delivery.endpoint!r} was deleted"
            elif endpoint.disabled:
                refusal = f"the endpoint {delivery.endpoint!r} is disabled"
            else:
                text = endpoint.url
        elif delivery.is_url_gone and not delivery.is_asked_for:
            refusal = "a receiver at this URL answered 410 Gone during the last day"
        return refusal, webhook_url(text)

    async def _attempt(self, delivery: Delivery, token: str, url: WebhookURL) -> None:
        at, start, outcome = time.time(), time.monotonic(), None
        try:
            outcome = await self._send(delivery, url, at=int(at))
        except asyncio.CancelledError:
            await self._deliveries.give_back(delivery, token=token)
            raise
        finally:
            self._slots.leave(url.host, delivery.owner, seconds=time.monotonic() - start)
        attempt = Attempt(int(at * 1_000_000), round(outcome.seconds, 6), outcome.status, outcome.error)
        await self._settle(delivery, token, outcome, [*delivery.attempts, attempt])

    async def _send(self, delivery: Delivery, url: WebhookURL, *, at: int) -> "Outcome":
        secrets = delivery.secrets or await self._webhooks.secrets(delivery.owner, new=new_secret())
        body = body_of(delivery)
        headers = signed_headers(delivery.webhook_id, at=at, body=body, secrets=secrets.at(at * 1_000_000))
        return await (await self._loaded_sender()).send(url, headers, body)

    async def _settle(
        self, delivery: Delivery, token: str, outcome: "Outcome", attempts: list[Attempt]
    ) -> None:
        if outcome.status == GONE:
            await self._note_gone(delivery)
        if outcome.error is None:
            await self._deliveries.end(delivery, token=token, attempts=attempts, error=None)
        elif outcome.is_final or len(attempts) > len(self._delays):
            await self._deliveries.end(delivery, token=token, attempts=attempts, error=outcome.error)
        else:
            delay = self._delays[len(attempts) - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreading load is no secret
            await self._deliveries.retry(
                delivery, token=token, attempts=attempts, delay=delay, error=outcome.error
            )

    async def _note_gone(self, delivery: Delivery) -> None:
        """An endpoint is disabled; to a URL of a submission, its owner sends nothing for a day."""
        if delivery.endpoint is None:
            await self._webhooks.note_gone(delivery.owner, delivery.url)
            return
        before = delivery.endpoint_text
        after = disabled_endpoint(before, "a receiver answered 410 Gone")
        await self._webhooks.change(delivery.owner, delivery.endpoint, before=before, after=after)
        logger.warning(
            "webhooks: endpoint '%s' of owner '%s' is disabled: its receiver answered 410",
            delivery.endpoint, delivery.owner,
        )  # fmt: skip

    async def _loaded_sender(self) -> "Sender":
        """What sends, loaded for the first delivery: that takes a while, and many processes never need it."""
        if self._sender is None:
            self._sender = asyncio.create_task(asyncio.to_thread(_new_sender, self._allowed, self._timeout))
        return await asyncio.shield(self._sender)


def _new_sender(allowed: Sequence[Network], timeout: float) -> "Sender":
    from celeriac_api.resources.webhooks.sending import Sender  # noqa: PLC0415 - slow to load

    return Sender(allowed=allowed, timeout=timeout)
