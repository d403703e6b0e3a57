"""The API inside another FastAPI app: `celeriac.mount`."""
