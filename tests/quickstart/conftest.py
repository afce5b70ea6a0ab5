from collections.abc import Iterator

import pytest

from tests.quickstart import runs


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> runs.Run:
    """A run from nothing that has ended well."""
    return runs.once(tmp_path_factory.mktemp("quickstart") / "home")


@pytest.fixture(scope="session")
def serving(first: runs.Run) -> Iterator[runs.Run]:
    """The second run in that home, which goes on serving."""
    run = runs.start(first.home)
    try:
        yield run.wait_until_it_serves()
    finally:
        run.stop()


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, serving: runs.Run) -> runs.Run:
    """A run that was killed while it served, beside another instance."""
    run = runs.start(tmp_path_factory.mktemp("killed") / "home")
    try:
        run.wait_until_it_serves()
        run.final = run.summary
    finally:
        run.process.kill()
        run.wait()
    return run


@pytest.fixture(scope="module")
def recovered(killed: runs.Run) -> Iterator[runs.Run]:
    """The run after that one, in the same home."""
    run = runs.start(killed.home)
    try:
        yield run.wait_until_it_serves()
    finally:
        run.stop()
