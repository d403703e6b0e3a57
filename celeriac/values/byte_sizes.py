"""Sizes as people write them: `20 MB`, `64 KiB`."""

import re

_UNITS = {"": 1, "b": 1} | {
    prefix.lower() + middle + "b": base**power
    for power, prefix in enumerate("KMGT", start=1)
    for middle, base in (("", 1000), ("i", 1024))
}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]*)", re.ASCII)


def bytes_of(text: str) -> int:
    """The number of bytes; `ValueError` if this is no size."""
    match = _SIZE.fullmatch(text.strip())
    if match is None or (unit := match[2].lower()) not in _UNITS:
        raise ValueError(f"{text!r} is not a size: write a number of bytes, or such as 20 MB or 64 KiB")
    return int(float(match[1]) * _UNITS[unit]) if "." in match[1] else int(match[1]) * _UNITS[unit]


def shown_size(size: int) -> str:
    """The size in a unit in which it is a whole number, if there is one."""
    for power, prefix in reversed([*enumerate("KMGT", start=1)]):
        for middle, base in (("", 1000), ("i", 1024)):
            if size and size % base**power == 0:
                return f"{size // base**power} {'k' if prefix + middle == 'K' else prefix}{middle}B"
    return f"{size:,} bytes"
