"""The command `celeriac`."""
