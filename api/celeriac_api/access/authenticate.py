"""Finds out who calls from the header `Authorization`, and refuses whom it does not know."""

from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.types import Scope as Connection

from celeriac.access.key import Key
from celeriac.access.scopes import Scope
from celeriac.access.secret import PREFIX, well_formed
from celeriac.values.addresses.web_address import is_loopback
from celeriac_api.access.caller import NOBODY, OPEN, Caller, caller_of, forbidden
from celeriac_api.access.challenge import challenge, invalid_token
from celeriac_api.access.key_ring import KeyRing
from celeriac_api.access.other_sites import foreign_origin, name_in
from celeriac_api.access.remembered_callers import RememberedCallers
from celeriac_api.request.fields import FIELDS
from celeriac_api.response.errors import Problem, Unauthenticated

if TYPE_CHECKING:
    from celeriac_api.access.oidc.tokens import Tokens

AUTHORIZATION = b"authorization"
LONGEST_SHOWN = 100
WAYS = (
    "make a key with `celeriac keys create NAME --scope SCOPE`, or set CELERIAC_OPEN=true to let everybody in"
)


class Door:
    """Lets in who has a key; while no key was ever made, everybody on this machine, or everywhere if `open_everywhere`."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        open_everywhere: bool,
        tokens: "Tokens | None" = None,
        origins: str | None = None,
    ) -> None:
        """`ring` knows the keys, `tokens` those whom an identity provider knows; pages of `origins` may do what the API's own may."""
        self._ring = ring
        self._tokens = tokens
        self._open_everywhere = open_everywhere
        self._origins = frozenset(origins.encode().split(b",")) if origins else frozenset()
        # As of one answer of the ring: for most requests no digest is made.
        self._remembered: RememberedCallers[Caller] = RememberedCallers()

    async def admit(self, connection: Connection, scope: Scope, definition: str | None = None) -> Caller:
        """Who calls, if they may use a route of this scope, which submits tasks of this definition; otherwise a problem."""
        if scope is Scope.OPEN:
            return self.known(connection)
        caller = self.at_once(connection) or await self.authenticate(connection)
        if scope not in caller.scopes:
            raise forbidden(caller, scope)
        if definition is not None:
            caller.require_submit(definition)
        return caller

    def at_once(self, connection: Connection) -> Caller | None:
        """Who calls, where that is known without any work, as mostly; otherwise None."""
        ring = self._ring
        if self._tokens is not None:
            header = connection[FIELDS].get(AUTHORIZATION)
            if header is not None and (caller := self._tokens.at_once(header)) is not None:
                return caller
        if ring.clock() >= ring.sure_until:
            return None
        if ring.is_closed:
            return self._remembered.get(connection[FIELDS].get(AUTHORIZATION), ring.answers)
        return OPEN if self._is_open_to(connection) else None

    async def authenticate(self, connection: Connection) -> Caller:
        """Who calls; `Unauthenticated` where that is nobody we know, 503 where the keys are not known."""
        ring = self._ring
        header = connection[FIELDS].get(AUTHORIZATION)
        if (
            self._tokens is not None
            and header is not None
            and not (bearer := _bearer(header)).startswith(PREFIX)
        ):
            return await self._tokens.caller(header, bearer)
        if ring.is_due:
            await ring.refresh()
        if not ring.is_closed:
            return self._admit_without_key(connection)
        secret = _secret_in(header)
        if ring.find(secret) is None:
            await ring.look_again()
        caller = caller_of(self._key_of(secret))
        self._remembered.put(header, caller, ring.answers)
        return caller

    def known(self, connection: Connection) -> Caller:
        """Who calls, on a route that is open: `NOBODY` where that is not known. Nobody is asked."""
        caller = self.at_once(connection)
        if caller is not None:
            return caller
        if not self._ring.is_closed:
            return OPEN if self._is_open_to(connection) else NOBODY
        try:
            return caller_of(self._key_of(_secret_in(connection[FIELDS].get(AUTHORIZATION))))
        except Problem:
            return NOBODY

    def still_admits(self, connection: Connection, caller: Caller) -> bool:
        """Whether this request would come from the same caller now, so that its stream may go on. Nobody is asked."""
        return self.known(connection) == caller

    def _admit_without_key(self, connection: Connection) -> Caller:
        self._ring.require_knowledge()
        if self._is_open_to(connection):
            return OPEN
        raise Unauthenticated(self._reason(connection), headers=challenge())

    def _is_open_to(self, connection: Connection) -> bool:
        fields = connection[FIELDS]
        if not self._open_everywhere and not (
            is_local(connection.get("server")) and _is_own_name(fields.get(b"host"))
        ):
            return False
        # Programs send neither: for them, nothing else is looked at.
        is_of_program = b"origin" not in fields and b"sec-fetch-site" not in fields
        return is_of_program or foreign_origin(connection, self._origins) is None

    def _reason(self, connection: Connection) -> str:
        """Why it is not open to this request."""
        origin = foreign_origin(connection, self._origins)
        if origin is not None:
            return (
                f"A page of another origin ({origin[:LONGEST_SHOWN]}) sent this request, and this API has no key yet: "
                "name the origin in CELERIAC_CORS_ORIGINS, or make a key and send it."
            )
        alone = "This API has no key yet, so it serves its own machine alone"
        if is_local(connection.get("server")):
            host = connection[FIELDS].get(b"host", b"").decode("latin-1")[:LONGEST_SHOWN]
            return f"{alone}, as localhost or 127.0.0.1, and the header Host names {host!r}: {WAYS}."
        return f"{alone}: {WAYS}."

    def _key_of(self, secret: str) -> Key:
        entry = self._ring.find(secret)
        if entry is None:
            raise invalid_token("There is no such key: it was never made here, or it was revoked.")
        key, _ = entry
        if self._ring.is_over(*entry):
            raise invalid_token(
                f"The key {key.name!r} has expired, or this secret was replaced by another one."
            )
        return key


def is_local(server: tuple[str, int | None] | None) -> bool:
    """Whether this is an address that only this machine reaches: a loopback one, or a socket in the file system."""
    return server is None or server[1] is None or is_loopback(server[0])


@lru_cache(maxsize=256)
def _is_own_name(host: bytes | None) -> bool:
    """Whether this Host is a name of this machine; HTTP/1.0 may name none."""
    return host is None or is_loopback(name_in(host))


def _secret_in(header: bytes | None) -> str:
    """What this header has for a secret: its shape is right, and it may be nobody's."""
    if header is None:
        raise Unauthenticated(
            "This request has no key: send the header `Authorization: Bearer clrc_…`.", headers=challenge()
        )
    if not well_formed(secret := _bearer(header)):
        raise invalid_token(
            "This is not a key of Celeriac: it is mistyped, or cut off. One begins with clrc_."
        )
    return secret


def _bearer(header: bytes) -> str:
    scheme, _, bearer = header.decode("latin-1").partition(" ")
    if scheme.lower() != "bearer":
        raise invalid_token("The header Authorization has another scheme than Bearer: send `Bearer clrc_…`.")
    return bearer.strip()
