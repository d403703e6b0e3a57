"""Checks those values of settings that are texts with rules of their own.

Each returns the same value; `ValueError` contains what to write.
"""

import re
from datetime import timedelta

from celeriac.values.addresses.public_address import networks_of
from celeriac.values.addresses.web_address import is_safe
from celeriac.values.durations import duration_of
from celeriac.values.queue_names import taken_for

PUBLIC = frozenset({"docs", "metrics", "page"})
MOST_DELAYS = 20
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?")
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()/-]{0,500})?")


def check_packages(names: str) -> str:
    """Names of packages, separated by commas."""
    if not all(name.strip().replace(".", "_").isidentifier() for name in names.split(",")):
        raise ValueError("write importable package names, separated by commas: tasks,shop.tasks")
    return names


def check_queue(name: str) -> str:
    """A name that no other program uses for a key."""
    if owner := taken_for(name):
        raise ValueError(f"{owner} uses keys with this name in Redis; choose another name")
    return name


def check_public_parts(words: str) -> str:
    """Parts of the API, separated by commas, or none."""
    if words != "none" and not set(words.split(",")) <= PUBLIC:
        raise ValueError("write some of docs, metrics and page, separated by commas, or none")
    return words


def check_origins(origins: str) -> str:
    """Origins as browsers write them, separated by commas."""
    if not all(_ORIGIN.fullmatch(origin) for origin in origins.split(",")):
        raise ValueError(
            "write origins as browsers do, separated by commas: https://shop.example,http://localhost:3000"
        )
    return origins


def check_issuer(url: str) -> str:
    """The URL of an identity provider."""
    if not is_safe(url) or "?" in url or "#" in url:
        raise ValueError(
            "write the issuer's URL: https://login.shop.example/ (http:// only for this machine)"
        )
    return url


def check_scopes(pairs: str) -> str:
    """Pairs of scopes, separated by commas."""
    if not all(all(pair.rpartition("=")) for pair in pairs.split(",")):
        raise ValueError("write pairs, separated by commas: celeriac.read=read,celeriac.add=submit:add")
    return pairs


def check_networks(text: str) -> str:
    """Networks or addresses, separated by commas."""
    try:
        networks_of(text)
    except ValueError as wrong:
        raise ValueError(
            f"write networks or addresses, separated by commas: 10.1.0.0/16,fd00::/8 ({wrong})"
        ) from wrong
    return text


def check_delays(text: str) -> str:
    """Durations, separated by commas."""
    try:
        delays_of(text)
    except ValueError as wrong:
        raise ValueError(f"write at most {MOST_DELAYS} durations, separated by commas: 5s,5m,2h") from wrong
    return text


def delays_of(text: str) -> tuple[timedelta, ...]:
    """The durations in a list with commas; `ValueError` if one is none."""
    parts = text.split(",")
    if len(parts) > MOST_DELAYS:
        raise ValueError(text)
    return tuple(check_positive(duration_of(part.strip())) for part in parts)


def check_positive(duration: timedelta) -> timedelta:
    """More than nothing."""
    if duration <= timedelta(0):
        raise ValueError("must be longer than 0 seconds")
    return duration


def check_place_of_files(place: str) -> str:
    """A directory, or a bucket."""
    if "://" in place and not _BUCKET.fullmatch(place):
        raise ValueError("write a directory, or a bucket and a prefix: s3://bucket/prefix")
    return place
