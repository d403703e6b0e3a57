"""`python -m celeriac_worker.insides` writes the table again, from the installed packages."""

import json
from importlib.metadata import version
from itertools import groupby

from celeriac_worker.insides.table import TABLE, Inside, read, read_table


def main() -> None:
    """Write the table with the same names, in the same order."""
    table = read_table()
    lines = ["# How to read and renew it: table.py.", "", "[read_from]"]
    lines += [f'{package} = "{version(package)}"' for package in table.read_from]
    for ours, insides in groupby(table.insides, key=lambda inside: inside.ours):
        lines += ["", f"[{json.dumps(ours)}]", *map(_line, map(read, insides))]
    TABLE.write_text("\n".join(lines) + "\n")


def _line(inside: Inside) -> str:
    values = {
        "parameters": inside.parameters,
        "source": inside.source,
        "sets": list(inside.sets),
        "has": list(inside.has),
    }
    members = ", ".join(
        f"{name} = {json.dumps(value)}" for name, value in values.items() if value or value == ""
    )
    return f"{json.dumps(inside.place)} = {{ {members} }}"


if __name__ == "__main__":
    main()
