"""What the worker logs: never a result."""

import logging


class WithoutResult(logging.Filter):
    """Celery's line for a success ends in the result; ours does not."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the result off; every line passes."""
        record.msg = str(record.msg).removesuffix(": %(return_value)s")
        return True


def keep_payloads_out() -> None:
    """Called once, before the worker starts."""
    logging.getLogger("celery.app.trace").addFilter(WithoutResult())
