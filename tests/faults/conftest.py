"""What the faults happen to: real processes, a recording sink, and rows that must add up afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django.plugin import DjangoDbBlocker

from notifications import integrity
from tests.faults.harness.database import elsewhere
from tests.faults.harness.spare import Spare, open_spare
from tests.faults.harness.works import Works


@pytest.fixture(autouse=True)
def _rows_fit_together(transactional_db: None) -> Iterator[None]:
    """After every fault: nothing points at a row that is not there, and nothing waits that nobody will look at."""
    yield
    assert not integrity.check().problems


@pytest.fixture
def works(transactional_db: None, tmp_path: Path) -> Iterator[Works]:
    """Starts processes; they end before the database is emptied."""
    place = tmp_path / "works"
    place.mkdir()
    with Works(place) as works:
        yield works


@pytest.fixture(scope="session")
def _spare_server(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Spare]:
    spare = open_spare(tmp_path_factory.mktemp("spare"))
    try:
        spare.execute("CREATE DATABASE pristine")
        with django_db_blocker.unblock(), elsewhere(spare.url("pristine")):
            call_command("migrate", verbosity=0)
        yield spare
    finally:
        spare.crash()


@pytest.fixture
def spare(transactional_db: None, _spare_server: Spare) -> Iterator[Spare]:
    """Another server, in whose database everything of this test happens. Name it before ``works``."""
    with _in_database_of(_spare_server, "TABLESPACE pg_default"):
        yield _spare_server


@pytest.fixture
def spare_on_small_disk(transactional_db: None, _spare_server: Spare) -> Iterator[Spare]:
    """The same, but the database lies on a disk that can be filled."""
    if not _spare_server.has_disk:
        pytest.skip("no file system of our own: this needs root, or user namespaces, on Linux")
    with _in_database_of(_spare_server, "TABLESPACE small"):
        yield _spare_server


@contextmanager
def _in_database_of(spare: Spare, place: str) -> Iterator[None]:
    spare.execute(f"CREATE DATABASE {spare.database} TEMPLATE pristine {place}")
    try:
        with elsewhere(spare.url(spare.database)):
            yield
            assert not integrity.check().problems
    finally:
        spare.execute(f"DROP DATABASE {spare.database} WITH (FORCE)")
