"""The handlers of limits: list, show, set and remove."""

from functools import partial

from starlette.responses import Response

from celeriac.ledger.tables.limits import LimitTable, Rules
from celeriac.values.rates import interval_of
from celeriac_api.request import body
from celeriac_api.request.call import Call
from celeriac_api.request.cursor import owner_cursor
from celeriac_api.request.parameter_types import USUAL_LIMIT
from celeriac_api.resources.limits.documents import LimitPage, LimitRequest, document_of, listed_document
from celeriac_api.resources.limits.parameters import ListParameters, OfLimit, not_found
from celeriac_api.response.json_bytes import Answer, model_answer

NOTHING = Rules(None, None, None)


class Handlers:
    """The handlers, with the keys in Redis. A caller that does not see all sees those of its owner."""

    def __init__(self, table: LimitTable) -> None:
        """`table` has the keys."""
        self._table = table
        self.read = partial(body.validate, model=LimitRequest)

    async def list_all(self, call: Call[ListParameters, None]) -> Response:
        """A page of keys."""
        limit = call.parameters.limit or USUAL_LIMIT
        owner = call.parameters.owner if call.caller.sees is None else call.caller.sees
        if call.parameters.owner not in (None, owner):
            return model_answer(LimitPage(items=[], next_cursor=None))
        # One more than the page has shows whether there is another page.
        rows = await self._table.page(owner=owner, after=call.parameters.cursor, limit=limit + 1)
        items = rows[:limit]
        cursor = None
        if len(rows) > limit:
            cursor = owner_cursor(items[-1].owner, items[-1].key)
        return model_answer(LimitPage(items=list(map(listed_document, items)), next_cursor=cursor))

    async def get(self, call: Call[OfLimit, None]) -> Response:
        """One key."""
        return await self._answer(call.parameters, call.parameters.whose(call.caller), 200)

    async def put(self, call: Call[OfLimit, LimitRequest]) -> Response:
        """Rules that go before those of submissions."""
        owner, request = call.parameters.whose(call.caller), call.body
        rules = Rules(request.limit, request.rate, request.burst)
        interval = interval_of(request.rate) if "rate" in request.model_fields_set else None
        word = await self._table.change(owner, call.parameters.key, rules, interval=interval)
        return await self._answer(call.parameters, owner, 201 if word == "new" else 200)

    async def delete(self, call: Call[OfLimit, None]) -> Response:
        """The end of such rules: those of submissions hold again."""
        owner = call.parameters.whose(call.caller)
        if await self._table.change(owner, call.parameters.key, NOTHING, interval=None) == "unknown":
            raise not_found(call.parameters.key)
        return Response(status_code=204)

    async def _answer(self, parameters: OfLimit, owner: str, status: int) -> Response:
        row = await self._table.read(owner, parameters.key)
        if row is None:
            raise not_found(parameters.key)
        return Answer(document_of(row).model_dump_json().encode(), status)
