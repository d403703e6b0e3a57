"""Tasks on images; Pillow is imported where it is used."""

from io import BytesIO
from typing import Annotated

from pydantic import Field

from celeriac import task

ONE_PIXEL_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@task(examples=[{"image": ONE_PIXEL_PNG, "width": 1}])
def thumbnail(
    image: Annotated[bytes, Field(description="A PNG or JPEG file.")],
    width: Annotated[int, Field(ge=1, le=4096, description="Width of the result, in pixels.")] = 128,
) -> bytes:
    """Scale an image to a width and keep its proportions. The result has the format of the input."""
    from PIL import Image

    with Image.open(BytesIO(image), formats=("PNG", "JPEG")) as original:
        height = max(1, round(original.height * width / original.width))
        smaller = BytesIO()
        original.resize((width, height)).save(smaller, format=original.format)
    return smaller.getvalue()
