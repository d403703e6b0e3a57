"""Makes the rules for files that the settings name."""

from celeriac.files.of_run import FileRules
from celeriac.settings import Durability, Settings


def file_rules_of(settings: Settings) -> FileRules:
    """The rules; nothing is opened yet."""
    return FileRules(
        settings.place_of_files,
        durable=settings.durability is not Durability.AOF,
        inline_bytes=settings.inline_bytes,
        max_file_bytes=settings.max_file_bytes,
    )
