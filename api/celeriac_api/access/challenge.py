"""What an answer asks for in `WWW-Authenticate` (RFC 6750 §3)."""

from celeriac_api.response.errors import Unauthenticated


def challenge(error: str = "", **more: str) -> dict[str, str]:
    """The header; `error` is one of the codes of the RFC."""
    attributes = {"realm": "celeriac", **({"error": error} if error else {}), **more}
    return {
        "WWW-Authenticate": "Bearer " + ", ".join(f'{name}="{text}"' for name, text in attributes.items())
    }


def invalid_token(detail: str) -> Unauthenticated:
    """The refusal of a key or token that is not valid; `detail` contains nothing of it."""
    return Unauthenticated(detail, headers=challenge("invalid_token"))
