"""The exit codes of the command; docs/reference/command.md has the same table."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script learns from the end of the command."""

    DONE = 0
    # The task failed, or what was asked for cannot be done.
    FAILED = 1
    # The command, its input or a setting is wrong.
    WRONG = 2
    # There is no such task, definition, queue or key; or not any more.
    NOT_FOUND = 3
    # The key is missing, not valid, or lacks a scope.
    NOT_ALLOWED = 4
    # The server does not answer, or cannot do it at the moment.
    UNAVAILABLE = 5
    # The time was over. The task goes on.
    TIMED_OUT = 6
    # The task was cancelled, or expired before it started.
    CANCELLED = 7
    # Ctrl-C.
    INTERRUPTED = 130
    # Nobody reads the output any more: as for a program that the signal PIPE ends.
    PIPE_CLOSED = 141
