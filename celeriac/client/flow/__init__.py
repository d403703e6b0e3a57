"""How one description of a call becomes a sync and an async method."""
