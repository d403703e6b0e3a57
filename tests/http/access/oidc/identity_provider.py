"""A small identity provider: it publishes keys over HTTP, and signs tokens."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

AUDIENCE = "celeriac"
DISCOVERY = "/.well-known/openid-configuration"
SUBJECT = "3f1c5f1f-robot"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class IdentityProvider:
    """What it publishes can be changed: `documents` are by path, and `is_slow` answers nobody until it is cleared."""

    def __init__(self) -> None:
        """Serve on a free port, with one RSA key, whose id is `first`."""
        self.private: dict[str, PrivateKey] = {"first": rsa_key()}
        self.paths: list[str] = []
        self.may_answer = Event()
        self.may_answer.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self.documents: dict[str, bytes] = {}
        self.publish("first")
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def publish(self, *kids: str, **discovery: Any) -> None:
        """Publish these keys, and no others; `discovery` changes members of the other document."""
        keys = [jwk_of(self.private[kid], kid) for kid in kids]
        self.documents["/jwks"] = json.dumps({"keys": keys}).encode()
        described = {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/jwks", **discovery}
        self.documents[DISCOVERY] = json.dumps(described).encode()

    def token(
        self,
        kid: str = "first",
        *,
        algorithm: str = "RS256",
        header: Any = None,
        without: str = "",
        **claims: Any,
    ) -> str:
        """A token that is valid for a minute, but for what is said otherwise."""
        headers = {"kid": kid, **(header or {})}
        return jwt.encode(
            self.claims(without=without, **claims), self.private[kid], algorithm=algorithm, headers=headers
        )

    def claims(self, *, without: str = "", **claims: Any) -> dict[str, Any]:
        """The claims of a valid token, with these changed."""
        now = int(time.time())
        usual = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": SUBJECT,
            "exp": now + 60,
            "scope": "read submit:add",
        }
        return {name: value for name, value in {**usual, **claims}.items() if name != without}

    def stop(self) -> None:
        """Close the port."""
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """One that serves."""
    provider = IdentityProvider()
    try:
        yield provider
    finally:
        provider.stop()


def rsa_key(bits: int = 2_048) -> rsa.RSAPrivateKey:
    """A new RSA key."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def jwk_of(key: PrivateKey, kid: str) -> dict[str, Any]:
    """The public part of a key, as a JWK Set has it."""
    algorithms = get_default_algorithms()
    match key:
        case rsa.RSAPrivateKey():
            algorithm = algorithms["RS256"]
        case ec.EllipticCurvePrivateKey():
            algorithm = algorithms["ES256"]
        case _:
            algorithm = algorithms["EdDSA"]
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig"}


def forged(header: dict[str, Any], claims: dict[str, Any], *, secret: bytes | None = None) -> str:
    """A token that no library would make: with this header, and with an HMAC by this secret or no signature."""
    signed = b".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, signed, hashlib.sha256) if secret else b""
    return b".".join((signed, encoded(signature))).decode()


def encoded(part: bytes) -> bytes:
    """Base64url without padding, as in RFC 7515 §2."""
    return base64.urlsafe_b64encode(part).rstrip(b"=")


def _handler_of(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.paths.append(self.path)
            provider.may_answer.wait(30)
            document = provider.documents.get(self.path)
            self.send_response(200 if document is not None else 404)
            self.send_header("Content-Length", str(len(document or b"")))
            self.end_headers()
            self.wfile.write(document or b"")

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the name is its
            pass

    return Handler
