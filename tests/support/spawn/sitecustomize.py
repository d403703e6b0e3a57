"""Makes `spawn` billiard's start method, as on macOS."""  # noqa: INP001 - a directory of its own

from billiard import context

context._default_context._default_context = context._concrete_contexts["spawn"]
