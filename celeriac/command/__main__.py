"""`python -m celeriac.command` is the command `celeriac`."""

from celeriac.command.main import main

main()
