"""Tasks for the pictures of the page."""

import time
from typing import Annotated

from pydantic import Field

from celeriac import context, task


@task(hidden=("licence",))
def render(
    frames: Annotated[int, Field(ge=1, description="How many there are.")], licence: str = ""
) -> dict[str, int]:
    """Render a film, frame by frame."""
    context.log("licensed" if licence else "no licence: with a watermark")
    for frame in range(1, frames + 1):
        context.progress(frame, frames, f"frame {frame:04}")
        if frame % 60 == 0:
            context.log(f"scene {frame // 60} is done")
        time.sleep(0.02)
    return {"frames": frames, "bytes": 48_271 * frames}


@task(queue="shipping")
def ship(order: int) -> str:
    """Hand an order over to the carrier."""
    return f"order {order} is on its way"
