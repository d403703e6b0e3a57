"""Names the extra of celeriac that a part of this package needs."""

from importlib.util import find_spec

PACKAGES = ("fastapi", "uvicorn", "redis", "celery")


class MissingExtra(ImportError):
    """Packages are not installed. The text names them, and the extra that contains them."""


def refusal_of(name: str) -> str | None:
    """Why this cannot be used here; None where the packages of the API and the worker are installed."""
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if not missing:
        return None
    return f"{name} needs packages that are not installed ({', '.join(missing)}): pip install 'celeriac[all]'"
