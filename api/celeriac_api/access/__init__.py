"""Who calls, and whether they may: keys, callers, and the check before each route."""
