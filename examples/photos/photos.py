"""Makes small pictures of large ones: a file in, a file out."""

from io import BytesIO
from pathlib import PurePath
from typing import Annotated

from pydantic import Field

from celeriac import Accepts, File, task


@task
def small_photo(
    photo: Annotated[File, Accepts("image/*", most="20 MB")],
    width: Annotated[int, Field(ge=1, le=4096, description="Width of the result, in pixels.")] = 320,
) -> Annotated[File, Accepts("image/jpeg")]:
    """Scale a photo to a width, keep its proportions, and turn it as the camera was held."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - the API does not load it

    with Image.open(photo.open()) as original:
        upright = ImageOps.exif_transpose(original).convert("RGB")
    upright.thumbnail((width, 8 * width))
    content = BytesIO()
    upright.save(content, format="JPEG", quality=85)
    name = PurePath(photo.name or "photo").stem
    return File(content.getvalue(), name=f"{name}-{width}.jpg", content_type="image/jpeg")
