"""The shapes in which many tasks depend on each other, with their results."""

CHAIN, GROUP, CHORD = "chain", "group", "chord"
# In groups and chords this is added to the numbers from 0 on; in a chain it is added again and again, beginning with 0.
ADDED = 5


def expected(shape: str, size: int) -> int:
    """The last result: of the last addition, or of the total at the end of a chord of so many additions."""
    match shape:
        case "chain":
            return ADDED * size
        case "group":
            return size - 1 + ADDED
        case _:
            return size * (size - 1) // 2 + ADDED * size
