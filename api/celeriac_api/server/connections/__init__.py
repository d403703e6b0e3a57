"""Connections of uvicorn: one write per answer, turns in a flood, limits for slow clients."""
