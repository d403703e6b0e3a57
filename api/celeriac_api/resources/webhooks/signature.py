"""Signs deliveries as Standard Webhooks describes it, and makes secrets.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"
# The specification asks for 24 to 64.
SECRET_BYTES = 32


def new_secret() -> str:
    """A secret that was never there before."""
    return PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(webhook_id: str, *, at: int, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The headers of a delivery at this moment (seconds since 1970), with a signature by each of the secrets."""
    signatures = (_signature(f"{webhook_id}.{at}.".encode() + body, secret) for secret in secrets)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(signatures),
    }


def _signature(signed: bytes, secret: str) -> str:
    key = b64decode(secret.removeprefix(PREFIX))
    return "v1," + b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
