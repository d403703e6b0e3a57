"""Tasks that greet."""

from celeriac import task


@task
def greet(name: str, times: int = 1) -> str:
    """Say hello, more than once if asked."""
    return " ".join([f"Hello, {name}!"] * times)
