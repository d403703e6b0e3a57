"""The bench: measures Celeriac and its alternatives in one run."""
