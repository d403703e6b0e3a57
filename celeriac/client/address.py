"""Judges the address of an API."""

import re
from urllib.parse import urlsplit

EXAMPLES = "http://HOST:PORT or https://HOST/PREFIX"


def checked_address(text: str) -> str:
    """The address without a slash at its end. `ValueError` says what is wrong with it, and contains no password."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its port is not a number up to 65,535, or its IPv6 address is not one
        is_usable = False
    if not is_usable or not text.isprintable() or " " in text:
        raise ValueError(f"{_without_password(text)!r} is not an address such as {_examples(text)}.")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"The address of {parts.hostname} contains a user or password. Use a key instead.")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} contains a query or fragment. Give only scheme, host, port and prefix.")
    return text.rstrip("/")


def _examples(text: str) -> str:
    """With this host, if only the scheme is missing: `localhost:8010`, but not `ftp://x` or `localhost:x`."""
    is_without_scheme = re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?(/[\w/.-]*)?", text)
    return f"http://{text} or https://{text}" if is_without_scheme else EXAMPLES


def _without_password(text: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", text)
