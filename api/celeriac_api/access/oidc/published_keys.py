"""Reads a JWK Set (RFC 7517); each key gets the algorithms that fit it.

A token names its algorithm itself. What decides is the key: one of RSA never checks an HMAC, and `none` fits no key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

PublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey | Ed448PublicKey
MOST_KEYS = 100
SHORTEST_RSA_BITS, LONGEST_RSA_BITS = 2_048, 8_192
_OF_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_OF_CURVE = {"secp256r1": ("ES256",), "secp384r1": ("ES384",), "secp521r1": ("ES512",)}
_OF_EDWARDS = ("EdDSA",)
# A token that names another one fits no key, so none has to be looked up.
ALGORITHMS = (*_OF_RSA, *(name for names in _OF_CURVE.values() for name in names), *_OF_EDWARDS)


@dataclass(frozen=True)
class PublishedKey:
    """A public key of the provider, and the algorithms that it may check."""

    key: PublicKey
    algorithms: tuple[str, ...]


def published_keys(document: Any) -> dict[str, PublishedKey]:
    """The keys for signatures, by their `kid` ("" where one has none). What cannot be used is left out, as RFC 7517 §5 asks."""
    entries = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(entries, list) or len(entries) > MOST_KEYS:
        raise ValueError(f"is not a JWK Set of at most {MOST_KEYS} keys")
    keys = {str(entry.get("kid", "")): _key(entry) for entry in entries if isinstance(entry, Mapping)}
    usable = {kid: key for kid, key in keys.items() if key is not None}
    if not usable:
        raise ValueError("contains no public key for signatures (RSA, EC or Ed25519)")
    return usable


def _key(entry: Mapping[str, Any]) -> PublishedKey | None:
    if entry.get("use", "sig") != "sig" or entry.get("kty") not in ("RSA", "EC", "OKP"):
        return None
    try:
        key = PyJWK(dict(entry)).key
    except (PyJWTError, ValueError, TypeError):
        return None
    named = entry.get("alg")
    algorithms = tuple(name for name in _algorithms(key) if named in (None, name))
    return PublishedKey(key, algorithms) if algorithms else None


def _algorithms(key: object) -> tuple[str, ...]:
    """Which algorithms may be used with this key; none with a private or a short one."""
    match key:
        case RSAPublicKey() if SHORTEST_RSA_BITS <= key.key_size <= LONGEST_RSA_BITS:
            return _OF_RSA
        case EllipticCurvePublicKey():
            return _OF_CURVE.get(key.curve.name, ())
        case Ed25519PublicKey() | Ed448PublicKey():
            return _OF_EDWARDS
        case _:
            return ()
