"""Names the extra of celeriac that a part of this package needs."""

from importlib.util import find_spec


class MissingExtra(ImportError):
    """A package is not installed. The text names it, and the extra that contains it."""


def require_services(name: str) -> None:
    """`MissingExtra` where the packages of the API or the worker are not installed."""
    missing = [package for package in ("fastapi", "uvicorn", "redis", "celery") if find_spec(package) is None]
    if missing:
        raise MissingExtra(
            f"{name} needs {', '.join(missing)}, which is not installed: pip install 'celeriac[all]'"
        )
