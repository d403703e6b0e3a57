"""Answers HEAD on every route that has GET (RFC 9110 §9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadMethod:
    """An app for HEAD: it serves a GET, and stops where the body of the answer would begin."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap this app."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        get_scope = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                if "route" in get_scope:
                    scope["route"] = get_scope["route"]  # for who counts requests by their route
                await send(message)
            else:
                await send({"type": "http.response.body", "body": b""})
                raise _Answered

        try:
            await self._app(get_scope, receive, send_head)
        except _Answered:
            return


class _Answered(Exception):
    """All that is to be sent has been sent: an answer without an end stops here."""
