"""How every statement of this package is run. Time is the database's ``now()`` everywhere, never a worker's clock."""

from collections.abc import Iterable
from typing import Any

from django.db import connection


def rows(statement: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[Any] = cursor.fetchall()
    return found


def rows_of_each(statements: Iterable[tuple[str, dict[str, Any]]]) -> list[list[Any]]:
    """The rows of each statement. The next one's parameters are made while the server works on the one before."""
    found: list[list[Any]] = []
    with connection.wrap_database_errors, connection.connection.pipeline():
        running = None
        for statement, parameters in statements:
            cursor = connection.cursor()
            cursor.execute(statement, parameters)
            if running is not None:
                found.append(running.fetchall())
            running = cursor
        if running is not None:
            found.append(running.fetchall())
    return found


def count(statement: str, parameters: dict[str, Any]) -> int:
    """Rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
