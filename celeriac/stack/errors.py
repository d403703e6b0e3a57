"""The error that keeps the stack from starting."""


class CannotStart(Exception):
    """The text describes the problem, with the value, and what to do."""
