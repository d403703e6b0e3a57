"""The bench finds another revision of the repository, and compares what can be compared."""

import subprocess
from pathlib import Path

import pytest

from lab.bench.__main__ import MEASUREMENTS
from lab.bench.against import COMPARED, comparable
from lab.harness.checkout import NoSuchRevision, checkout_of
from tests.lab.test_bench import bench


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits: the first has no package of the API."""
    git(tmp_path, "init", "--quiet")
    (tmp_path / "README.md").write_text("one\n")
    commit(tmp_path)
    package = tmp_path / "api" / "celeriac_api"
    package.mkdir(parents=True)
    (package / "version.txt").write_text("two\n")
    commit(tmp_path)
    (package / "version.txt").write_text("not committed\n")
    return tmp_path


def test_a_revision_is_copied_as_it_was_committed_and_the_copy_is_removed(repository: Path) -> None:
    with checkout_of("HEAD", repository=repository) as root:
        assert (root / "api" / "celeriac_api" / "version.txt").read_text() == "two\n"
    assert not root.exists()


@pytest.mark.parametrize(
    ("revision", "reason"), [("nowhere", "nowhere"), ("HEAD~1", "HEAD~1 has no api/celeriac_api")]
)
def test_a_revision_that_cannot_be_measured_is_refused_with_the_reason(
    revision: str, reason: str, repository: Path
) -> None:
    with pytest.raises(NoSuchRevision, match=reason), checkout_of(revision, repository=repository):
        pass


def test_what_can_be_compared_is_compared_in_the_order_that_was_asked_for() -> None:
    assert comparable(["pool", "streams", "submit"]) == ["pool", "submit"]
    assert set(comparable(list(MEASUREMENTS))) == set(COMPARED)


def test_the_bench_says_why_it_measures_nothing() -> None:
    run = bench("--only", "submit", "--against", "nowhere")
    assert run.returncode == 2
    assert "Nothing was measured." in run.stdout


def commit(repository: Path) -> None:
    """All that there is."""
    git(repository, "add", "--all")
    author = ("-c", "user.name=a", "-c", "user.email=a@localhost")
    git(repository, *author, "commit", "--quiet", "--no-gpg-sign", "-m", "a change")


def git(repository: Path, *arguments: str) -> None:
    """Run git there."""
    subprocess.run(["git", *arguments], cwd=repository, check=True)
