"""Send a file to a task, and save the file that it returns."""

from base64 import b64decode
from pathlib import Path

from celeriac import Client

ONE_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
Path("photo.png").write_bytes(b64decode(ONE_PIXEL))

with Client() as client:
    smaller = client.run("thumbnail", image=Path("photo.png"), width=1)
    Path("smaller.png").write_bytes(b64decode(smaller))

print(Path("smaller.png").read_bytes()[1:4])

# Output:
# b'PNG'
