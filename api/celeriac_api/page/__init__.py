"""The page at `/`: static files that use the public API like any client."""
