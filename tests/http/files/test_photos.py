"""The example of photos makes a small picture of a large one."""

from io import BytesIO

import pytest
from PIL import Image

from celeriac import File
from celeriac.client.errors import InvalidInput
from celeriac.testing import run_task
from examples.photos.photos import small_photo


def picture(kind: str) -> bytes:
    """100 pixels wide, 50 high."""
    content = BytesIO()
    Image.new("RGB", (100, 50), "red").save(content, format=kind)
    return content.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_photo_becomes_small(kind: str) -> None:
    small = small_photo(File(picture(kind), name="garden.of.eden.png"), width=20)
    assert (small.name, small.content_type) == ("garden.of.eden-20.jpg", "image/jpeg")
    with Image.open(small.open()) as image:
        assert (image.size, image.format) == ((20, 10), "JPEG")


def test_it_is_a_task() -> None:
    outcome = run_task(small_photo, photo=File(picture("PNG"), name="a.png"), width=10)
    assert outcome.result["name"] == "a-10.jpg"
    with pytest.raises(InvalidInput, match="image"):
        run_task(small_photo, photo=File(b"%PDF-1.7", name="a.pdf"))
