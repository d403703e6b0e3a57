"""The secret of a key: 256 random bits with a recognizable prefix and a checksum.

`clrc_`, then 43 characters that are the bits in base 62, then 6 that are the CRC-32 of those 43: a scanner finds a leaked key
by its shape, and one that was cut off or mistyped is told from one that was revoked.
"""

import hashlib
import secrets
import string
import zlib

PREFIX = "clrc_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_BITS = 256
_RANDOM_LENGTH, _CHECKSUM_LENGTH = 43, 6
_LENGTH = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH


def new_secret() -> str:
    """A new, unique secret."""
    random = _in_base_62(secrets.randbits(_BITS), _RANDOM_LENGTH)
    return PREFIX + random + _checksum(random)


def well_formed(text: str) -> bool:
    """Whether this can be the secret of a key: its prefix, length and checksum are right."""
    if len(text) != _LENGTH or not text.startswith(PREFIX) or not text.isascii():
        return False
    random = text[len(PREFIX) : -_CHECKSUM_LENGTH]
    return text.endswith(_checksum(random))


def digest(secret: str) -> str:
    """The SHA-256 of the secret, in hexadecimal, which is stored instead. Its many random bits make a slow hash unnecessary."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _checksum(random: str) -> str:
    return _in_base_62(zlib.crc32(random.encode()), _CHECKSUM_LENGTH)


def _in_base_62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
