"""The usual way to put FastAPI in front of Celery, as tutorials show it."""

from typing import Any

from celery.result import AsyncResult
from fastapi import FastAPI
from pydantic import BaseModel

from lab.bench.contenders import stock

app = FastAPI()
add_task = stock.app.tasks["add"]


class Numbers(BaseModel):
    """The input of `add`."""

    x: int
    y: int


@app.post("/add", status_code=202)
def add(numbers: Numbers) -> dict[str, str]:
    """Submit from FastAPI's thread pool."""
    return {"task_id": add_task.delay(numbers.x, numbers.y).id}


@app.post("/async/add", status_code=202)
async def add_async(numbers: Numbers) -> dict[str, str]:
    """Submit on the event loop, which stands still meanwhile."""
    return {"task_id": add_task.delay(numbers.x, numbers.y).id}


@app.post("/add/wait")
def add_and_wait(numbers: Numbers) -> dict[str, Any]:
    """Submit, and hold a thread until the end."""
    task = add_task.delay(numbers.x, numbers.y)
    return {"task_id": task.id, "result": task.get(timeout=10)}


@app.get("/tasks/{task_id}")
def status(task_id: str) -> dict[str, Any]:
    """What `AsyncResult` knows."""
    result = AsyncResult(task_id, app=stock.app)
    return {"task_id": task_id, "status": result.status, "ready": result.ready(), "result": result.result}
