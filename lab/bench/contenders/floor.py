"""The least that a FastAPI app does: validates a body and returns a document."""

import asyncio

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
ended = asyncio.Event()


class Numbers(BaseModel):
    """The input of `add`."""

    x: int
    y: int


@app.post("/add", status_code=202)
async def add(numbers: Numbers) -> dict[str, str]:  # noqa: ARG001 - FastAPI reads its type
    """Answer as if the task had been submitted."""
    return {"task_id": "0d9cbd4e-5b6f-4c3e-9d0a-3f1c5f1f8a52"}


@app.get("/livez")
async def livez() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}


@app.get("/wait")
async def wait() -> dict[str, str]:
    """Answer after the end."""
    await ended.wait()
    return {"state": "succeeded"}


@app.post("/end")
async def end() -> dict[str, str]:
    """Release all who wait."""
    ended.set()
    return {"state": "succeeded"}
