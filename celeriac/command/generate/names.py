"""Makes Python names of whatever an API calls its things."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from keyword import iskeyword
from unicodedata import normalize


def unique_names(
    originals: Iterable[str], clean: Callable[[str], str], taken: AbstractSet[str]
) -> dict[str, str]:
    """A Python name for each of these, which differ from each other and from those that are taken.

    An original that is a Python name keeps it, whatever the others are.
    """
    names: dict[str, str] = {}
    used = set(taken)
    counts: Counter[str] = Counter()
    for original in sorted(set(originals), key=lambda original: (clean(original) != original, original)):
        clean_name = clean(original)
        name = clean_name
        while name in used:
            counts[clean_name] += 1
            name = f"{clean_name}_" if counts[clean_name] == 1 else f"{clean_name}_{counts[clean_name]}"
        used.add(name)
        names[original] = name
    return names


def identifier(text: str) -> str:
    """A name for a function, a parameter or a field: `shop.orders` becomes `shop_orders`."""
    kept = "".join(letter if f"_{letter}".isidentifier() else "_" for letter in normalize("NFKC", text))
    name = kept.strip("_") or "unnamed"
    if not name.isidentifier():
        name = f"n{name}"
    return f"{name}_" if iskeyword(name) else name


def class_name(key: str) -> str:
    """A name for a class: `Page_int_` becomes `PageInt`, `shop__tasks__Order` becomes `Order`."""
    parts = [part for part in key.split("__") if part and not part.isdigit()] or [key]
    words = re.split(r"[\W_]+", normalize("NFKC", parts[-1]))
    name = identifier("".join(word[:1].upper() + word[1:] for word in words))
    return name[:1].upper() + name[1:]


def quoted(text: str) -> str:
    """The text as a string of Python, in which nothing is hidden."""
    return json.dumps(text) if text.isascii() and text.isprintable() else repr(text)
