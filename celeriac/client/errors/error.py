"""The base class of every error of the client."""

from typing import Any


class CeleriacError(Exception):
    """An error of the client. Its text is for people."""

    def __init__(self, message: str, **members: Any) -> None:
        """The members become attributes, and stay with the error when it is pickled."""
        super().__init__(message)
        self.message = message
        self.__dict__.update(members)

    def __reduce__(self) -> Any:
        return _remade, (type(self), dict(self.__dict__))

    def __str__(self) -> str:
        return self.message


def _remade(error_class: type[CeleriacError], members: dict[str, Any]) -> CeleriacError:
    return error_class(**members)
