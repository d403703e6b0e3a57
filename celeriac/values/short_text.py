"""Cuts long texts to a safe length: errors, tracebacks, log lines."""

LONGEST_MESSAGE = 10_000
LONGEST_LINE = 2_000
LONGEST_TRACEBACK = 20_000
OF_A_NOTE = 40


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """The text, or the beginning of a long one with the number of omitted characters; at most `most` characters."""
    if len(text) <= most:
        return text
    length = most - OF_A_NOTE
    return f"{text[:length]}… ({len(text) - length:,} characters more)"


def shortened_traceback(text: str) -> str:
    """A traceback with long lines cut, and then its middle left out, because both ends are the most useful."""
    if len(text) <= LONGEST_LINE:
        return text
    lines = "\n".join(shortened(line, LONGEST_LINE) for line in text.split("\n"))
    if len(lines) <= LONGEST_TRACEBACK:
        return lines
    half = LONGEST_TRACEBACK // 2
    return f"{lines[:half]}\n… ({len(lines) - 2 * half:,} characters more)\n{lines[-half:]}"
