"""Reads a rate, such as `100/m`: how many in which time."""

import re

WORDS = "should be a rate: a number from 1 to 100,000, '/', and s, m, h or d, such as 100/m"
MOST = 100_000
_RATE = re.compile(r"([1-9][0-9]{0,5})/([smhd])", re.ASCII)
_MICROSECONDS = {"s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


def interval_of(rate: str) -> int:
    """The microseconds from one to the next, rounded up; `ValueError` describes how to write a rate."""
    match = _RATE.fullmatch(rate)
    if match is None or int(match[1]) > MOST:
        raise ValueError(WORDS)
    return -(-_MICROSECONDS[match[2]] // int(match[1]))
