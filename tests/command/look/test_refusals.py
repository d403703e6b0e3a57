"""What fails on the way to the server: three lines, and an exit code."""

import re
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from celeriac.client.profiles import Profile, write_profile
from celeriac.stack.processes.ports import free_port
from lab.harness.servers import API
from tests.command.look.conftest import piped, url_of
from tests.command.running import Celeriac
from tests.http.access.keys import Locked

# A command whose list has no end.
ENDLESS = """
import sys, typer
from itertools import count
from celeriac.command.output.ending import run
from celeriac.command.output.output import Form, Output
app = typer.Typer()
app.command()(lambda: Output(Form.IDS).show_all(count(), [], identity=str, empty=""))
sys.exit(run(app))
"""


class Stranger(BaseHTTPRequestHandler):
    """A server that is healthy, an hour ahead, and otherwise not Celeriac."""

    def do_GET(self) -> None:
        """Answer."""
        body = b'{"status": "ok"}' if self.path == "/livez" else b"<h1>\x1b[2JIt works!</h1>"
        self.send_response_only(200)
        self.send_header("Date", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True))
        self.send_header("Content-Type", "application/json" if self.path == "/livez" else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def stranger() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield url_of(server.server_port)
        server.shutdown()


def test_where_no_server_is_three_lines_say_so_at_once(celeriac: Celeriac) -> None:
    url = url_of(free_port())
    ended = celeriac("list", "--url", url)
    assert (ended.code, ended.output) == (5, "")
    what, why, advice = ended.words.splitlines()
    assert what == f"Error: {url} cannot be reached."
    assert why.startswith("Why:   ConnectError")
    assert advice.startswith("Try:   Start a server here (celeriac up)")


def test_another_server_is_recognized(celeriac: Celeriac, stranger: str) -> None:
    ended = celeriac("list", "--url", stranger)
    assert (ended.code, ended.output) == (5, "")
    assert "The answer is not" in ended.words
    assert "\x1b" not in ended.words
    examined = celeriac("doctor", "--url", stranger)
    assert examined.code == 5
    assert re.search(r"The clock of the server is 3\d{3} s ahead", examined.output)


def test_a_missing_wrong_or_weak_key_is_named_and_never_shown(celeriac: Celeriac, locked: Locked) -> None:
    url, wrong = url_of(locked.api.port), locked.secrets["wrong"]
    missing = celeriac("list", url=url)
    refused = celeriac("list", "--key", wrong, url=url)
    weak = celeriac("list", url=url, key=locked.secrets["lacks-read"])
    assert [ended.code for ended in (missing, refused, weak)] == [4, 4, 4]
    assert "celeriac config set NAME --url URL --key -" in missing.words
    assert "Use a key with the scope read." in weak.words
    assert wrong not in refused.words


def test_a_key_comes_from_options_in_both_places_the_environment_standard_input_or_a_profile(
    celeriac: Celeriac, locked: Locked
) -> None:
    url, key = url_of(locked.api.port), locked.secrets["has-read"]
    write_profile(Profile("locked", url, key))
    write_profile(Profile("elsewhere", url_of(9), key))
    assert celeriac("--key", key, "list", url=url).code == 0
    assert celeriac("--key", "no-key", "list", "--key", key, url=url).code == 0
    assert celeriac("list", url=url, key=key).code == 0
    assert celeriac("list", "--key", "-", stdin=f"{key}\n", url=url).code == 0
    assert celeriac("list").code == 0, "the first profile is used by default"
    assert celeriac("list", "--profile", "elsewhere", "--url", url).code == 4, "its key is for its own server"
    assert celeriac("list", "--profile", "locked", url=url_of(9), key=locked.secrets["wrong"]).code == 0
    assert celeriac("list", "--profile", "nothing", url=url).code == 2


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://me:s3cret@127.0.0.1"])
def test_a_wrong_address_is_refused(celeriac: Celeriac, url: str) -> None:
    ended = celeriac("list", "--url", url)
    assert (ended.code, ended.output, "s3cret" in ended.words) == (2, "", False)


def test_a_reader_that_has_enough_ends_a_list_of_millions_quietly(api: API) -> None:
    ended = piped(f"{sys.executable} -c '{ENDLESS}' | head -3")
    assert (ended.stdout, ended.stderr, ended.returncode) == ("0\n1\n2\n", "", 141)
    ended = piped("celeriac list --limit 0 --json | true", url=url_of(api.port))
    assert (ended.stdout, ended.stderr, ended.returncode in (0, 141)) == ("", "", True)


def test_output_that_cannot_be_written_is_an_error_and_closed_output_is_none(api: API) -> None:
    url = url_of(api.port)
    full = piped("celeriac workers > /dev/full", url=url)
    assert (full.returncode, full.stderr) == (
        1,
        "Error: Standard output cannot be written: No space left on device.\n",
    )
    closed = piped("celeriac workers >&-", url=url)
    assert (closed.returncode, closed.stderr) == (0, "")
