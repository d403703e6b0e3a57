"""`python -m celeriac_api` serves the API with uvicorn and the settings."""

import sys

from uvicorn.main import main as uvicorn

from celeriac.settings import Settings, SettingsError
from celeriac.stack.serving import uvicorn_options
from celeriac.telemetry.start_messages import refuse_start
from celeriac_api.access.start import require_key


def main() -> None:
    """Serve until a signal comes; exit code 2 and a sentence for a wrong setting."""
    try:
        settings, options = Settings.read(), sys.argv[1:]
        require_key(settings, options)
    except SettingsError as wrong:
        refuse_start("API", wrong)
    uvicorn([*uvicorn_options(settings), *options], prog_name="celeriac api")


if __name__ == "__main__":
    main()
