"""Tasks that are declared without an app, as reusable packages do."""

from celery import shared_task


@shared_task
def mail(to: str, subject: str = "hello") -> str:
    """Send a mail, if it were true."""
    return f"{subject} to {to}"


@shared_task(name="sample.concatenate")
def concatenate(*parts: str, separator: str = "-") -> str:
    """All parts in one text."""
    return separator.join(parts)
