"""Cuts long texts to a safe length: errors, tracebacks, log lines."""

LONGEST_MESSAGE = 10_000
LONGEST_LINE = 2_000
LONGEST_TRACEBACK = 20_000
OF_A_NOTE = 40


def shortened(text: str, most: int = LONGEST_MESSAGE) -> str:
    """The beginning of a text that is too long, and how many characters follow; all of it at most `most` long."""
    if len(text) <= most:
        return text
    length = most - OF_A_NOTE
    return f"{text[:length]}… ({len(text) - length:,} characters more)"


def shortened_traceback(text: str) -> str:
    """Without the rest of lines that are too long, then without what is in the middle: both ends say the most."""
    if len(text) <= LONGEST_LINE:
        return text
    lines = "\n".join(shortened(line, LONGEST_LINE) for line in text.split("\n"))
    if len(lines) <= LONGEST_TRACEBACK:
        return lines
    half = LONGEST_TRACEBACK // 2
    return f"{lines[:half]}\n… ({len(lines) - 2 * half:,} characters more)\n{lines[-half:]}"
