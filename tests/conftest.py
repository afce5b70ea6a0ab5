"""What all tests stand on. pytest-django makes the database from DATABASE_URL; tests/settings.py does the rest."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import models, transaction
from django.db.models import F
from hypothesis import settings

from notifications.contracts import Channel
from notifications.delivery import crew
from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from tests.faults.harness.sink import Sink

# The same examples in each run: what a change breaks shows at once, and nothing else does.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

#: The rows of the seed templates, in an order in which they can be stored, with the way from each to its channel.
_SEED_MODELS: dict[type[models.Model], str] = {
    Template: "channel",
    Translation: "template__channel",
    TemplateVersion: "translation__template__channel",
    BizKeyBinding: "template__channel",
}
#: As the first test of the session that wanted them loaded them: (row, its channel).
_seed_rows: dict[type[models.Model], list[tuple[models.Model, str]]] = {}
#: Tests that start, kill and time whole processes, and use services that the machine has once.
_ALONE = (
    "faults",
    "services/test_brokers.py",
    "quickstart/test_doors.py",
    "quickstart/test_first_mails.py",
    "quickstart/test_quickstart.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(Path(__file__).parent / place) for place in _ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True, scope="session")
def _delivery_threads(django_db_setup: None) -> Iterator[None]:
    """The threads hold connections to the test database, which is dropped at the end."""
    yield
    crew.dismiss()


@pytest.fixture(autouse=True, scope="session")
def _quick_flush() -> Iterator[None]:
    """Tests with real transactions leave few rows in many tables: deleting them is far quicker than truncating all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush, "sql_flush", _delete_everything)
        yield


def _delete_everything(style: Any, connection: Any, **_: Any) -> list[str]:
    # Django's foreign keys are checked at commit and our own cascade, so the order does not matter.
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables]


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as sink:
        yield sink


@pytest.fixture
def seeded(db: None) -> None:
    """The platform's seed templates: loaded once, stored again for every later test."""
    _store_seeds(set(Channel))


@pytest.fixture
def seeded_email(db: None) -> None:
    _store_seeds({Channel.EMAIL})


@pytest.fixture
def seeded_sms(db: None) -> None:
    _store_seeds({Channel.SMS})


def _store_seeds(channels: set[Channel]) -> None:
    with transaction.atomic():
        if not _seed_rows:
            _load_seeds()
        for model, rows in _seed_rows.items():
            model._base_manager.bulk_create(row for row, channel in rows if channel in channels)


def _load_seeds() -> None:
    call_command("load_templates", verbosity=0)
    for model, channel in _SEED_MODELS.items():
        rows = model._base_manager.annotate(channel_=F(channel))
        _seed_rows[model] = [(row, row.channel_) for row in rows]  # type: ignore[attr-defined]
    Translation.objects.update(published=None)
    Template.across_tenants.all().delete()
