"""The error that keeps the stack from starting."""


class CannotStart(Exception):
    """The text says what is in the way, with the value, and what to do."""
