"""Why words or a text are not an input, and what to write instead."""


class InputError(Exception):
    """An input cannot be made of this. `advice` says what to write."""

    def __init__(self, reason: str, advice: str) -> None:
        """Both are whole sentences."""
        super().__init__(reason)
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        """Both in one line."""
        return f"{self.reason} Try: {self.advice}"
