"""The core's own tests once more, on the PostgreSQL that answers on its usual port, whatever its version."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from config.env import ROOT

CORE = ["test_outbox.py", "test_delivery.py", "test_quotas.py", "test_idempotency.py", "test_rates.py"]
LOGIN = "postgres://postgres@127.0.0.1:5432"


@pytest.fixture
def second_server() -> Iterator[str]:
    """The address of an empty database there, dropped afterwards."""
    if (connection.settings_dict["HOST"], str(connection.settings_dict["PORT"])) == ("127.0.0.1", "5432"):
        pytest.skip("the suite itself runs on the PostgreSQL at port 5432")
    try:
        admin = psycopg.connect(f"{LOGIN}/postgres", connect_timeout=2, autocommit=True)
    except psycopg.OperationalError as error:
        pytest.skip(f"no second PostgreSQL: {error}")
    name = f"angarium_{uuid.uuid4().hex[:12]}"
    with admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield f"{LOGIN}/{name}"
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_core_s_tests_pass_there_too(second_server: str) -> None:
    tests = [str(ROOT / "tests" / "core" / name) for name in CORE]
    env = os.environ | {"DATABASE_URL": second_server}

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", *tests], cwd=ROOT, env=env, capture_output=True, text=True, timeout=150
    )

    assert run.returncode == 0, run.stdout[-3000:]
