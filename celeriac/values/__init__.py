"""Small values that several packages parse or check: durations, addresses, names, short texts."""
