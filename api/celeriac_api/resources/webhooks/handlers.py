"""What the routes of webhooks do, with endpoints, secrets and deliveries."""

from starlette.responses import Response

from celeriac.access.scopes import Scope
from celeriac.ledger.store.connection import Unavailable
from celeriac.ledger.tables.deliveries import Delivery, DeliveryTable, Retrying
from celeriac.ledger.tables.webhooks import MOST_ENDPOINTS, Change, WebhookTable
from celeriac.values.addresses.public_address import networks_of
from celeriac.values.addresses.webhook_url import refusal_of_host, webhook_url
from celeriac_api.access.caller import Caller, forbidden
from celeriac_api.request.body import invalid_input, validate
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import encoded_cursor
from celeriac_api.request.new_id import new_id
from celeriac_api.request.parameter_types import USUAL_LIMIT
from celeriac_api.resources.webhooks.documents import DeliveryPage, SecretDocument, document_of
from celeriac_api.resources.webhooks.endpoints import EndpointList, EndpointRequest, put_endpoint
from celeriac_api.resources.webhooks.endpoints import document_of as endpoint_document
from celeriac_api.resources.webhooks.parameters import (
    ListParameters,
    OfDelivery,
    OfEndpoint,
    OfOwner,
    delivery_not_found,
    endpoint_not_found,
)
from celeriac_api.resources.webhooks.signature import new_secret
from celeriac_api.response.address import address
from celeriac_api.response.errors import DeliveryNotEnded, MalformedJSON, TooManyEndpoints
from celeriac_api.response.json_bytes import Answer, model_answer
from celeriac_api.response.task_document import timestamp

# So often a change is tried that another one has overtaken.
MOST_TRIES = 20


class Handlers:
    """The handlers. A caller that does not see all sees what its owner has."""

    def __init__(self, webhooks: WebhookTable, deliveries: DeliveryTable, *, allow: str | None) -> None:
        """`allow` lists the networks to which webhooks are sent although they are not public."""
        self._webhooks, self._deliveries = webhooks, deliveries
        self._allowed = networks_of(allow)

    def read_endpoint(self, raw: bytes) -> EndpointRequest:
        """The body of `PUT`."""
        if not raw:
            raise MalformedJSON('The body is empty: send a JSON object with a "url".')
        request = validate(raw, EndpointRequest)
        if sentence := refusal_of_host(webhook_url(request.url).host, self._allowed):
            raise invalid_input([("/url", sentence, request.url)])
        return request

    async def put_endpoint(self, call: Call[OfEndpoint, EndpointRequest]) -> Response:
        """A new endpoint, or other rules for one that is there."""
        name, owner = call.parameters.name, _settled_owner(call.parameters, call.caller)
        for _ in range(MOST_TRIES):
            before = await self._webhooks.endpoint(owner, name)
            after = put_endpoint(before, call.body)
            match await self._webhooks.change(owner, name, before=before, after=after):
                case Change.FULL:
                    raise TooManyEndpoints(
                        f"The owner has {MOST_ENDPOINTS} endpoints, and no more are possible: delete one of them."
                    )
                case Change.CHANGED:
                    document = endpoint_document(after, name=name, owner=owner).model_dump_json().encode()
                    if before:
                        return Answer(document, 200)
                    return Answer(document, 201, location=address(f"/webhooks/{name}"))
        raise _overtaken(name)

    async def get_endpoint(self, call: Call[OfEndpoint, None]) -> Response:
        """One endpoint."""
        name, owner = call.parameters.name, call.parameters.whose(call.caller)
        text = "" if owner is None else await self._webhooks.endpoint(owner, name)
        if owner is None or not text:
            raise endpoint_not_found(name)
        return model_answer(endpoint_document(text, name=name, owner=owner))

    async def list_endpoints(self, call: Call[OfOwner, None]) -> Response:
        """All endpoints of an owner."""
        owner = call.parameters.whose(call.caller)
        endpoints = {} if owner is None else await self._webhooks.endpoints(owner)
        items = [endpoint_document(text, name=name, owner=owner or "") for name, text in endpoints.items()]
        return model_answer(EndpointList(items=items))

    async def delete_endpoint(self, call: Call[OfEndpoint, None]) -> Response:
        """The end of an endpoint, and of the deliveries that are still due to it."""
        name, owner = call.parameters.name, _settled_owner(call.parameters, call.caller)
        for _ in range(MOST_TRIES):
            before = await self._webhooks.endpoint(owner, name)
            if not before:
                raise endpoint_not_found(name)
            if await self._webhooks.change(owner, name, before=before, after="") is Change.CHANGED:
                return Response(status_code=204)
        raise _overtaken(name)

    async def rotate_secret(self, call: Call[OfOwner, None]) -> Response:
        """A new secret, shown once."""
        owner = _settled_owner(call.parameters, call.caller)
        secrets = await self._webhooks.rotate(owner, new=new_secret())
        until = timestamp(secrets.previous_until) if secrets.previous else None
        return model_answer(
            SecretDocument.model_validate({"secret": secrets.current, "previous_until": until})
        )

    async def list_deliveries(self, call: Call[ListParameters, None]) -> Response:
        """A page of deliveries."""
        listing, caller = call.parameters, call.caller
        owner = listing.owner if caller.sees is None else caller.sees
        if listing.owner not in (None, owner):
            return model_answer(DeliveryPage(items=[], next_cursor=None))
        deliveries, before = await self._deliveries.page(
            owner=owner,
            subject=listing.task_id or listing.batch_id,
            states=tuple(listing.state),
            before=listing.cursor,
            limit=listing.limit or USUAL_LIMIT,
        )
        cursor = None if before is None else encoded_cursor(str(before).encode()).decode()
        return model_answer(DeliveryPage(items=list(map(document_of, deliveries)), next_cursor=cursor))

    async def get_delivery(self, call: Call[OfDelivery, None]) -> Response:
        """One delivery."""
        return model_answer(document_of(await self._find(call.parameters.delivery_id, call.caller)))

    async def retry_delivery(self, call: Call[OfDelivery, None]) -> Response:
        """A new delivery of the same."""
        delivery_id, again = call.parameters.delivery_id, new_id()
        match await self._deliveries.send_again(delivery_id, owner=call.caller.sees, new_id=again):
            case Retrying.UNKNOWN:
                raise delivery_not_found(delivery_id)
            case Retrying.OPEN:
                raise DeliveryNotEnded(
                    f"Delivery {delivery_id} has not ended: it is sent again by itself until it has.",
                    delivery_id=delivery_id,
                )
        document = document_of(await self._find(again, call.caller)).model_dump_json().encode()
        return Answer(document, 202, location=address(f"/deliveries/{again}"))

    async def _find(self, delivery_id: str, caller: Caller) -> Delivery:
        (delivery,) = await self._deliveries.read(delivery_id, owner=caller.sees)
        if delivery is None:
            raise delivery_not_found(delivery_id)
        return delivery


def _settled_owner(parameters: OfOwner, caller: Caller) -> str:
    """Whose endpoints and secret a caller changes."""
    owner = parameters.whose(caller)
    if owner is None:
        raise forbidden(caller, Scope.ADMIN)
    return owner


def _overtaken(name: str) -> Unavailable:
    return Unavailable(f"the endpoint {name!r} is changed by others all the time")
