"""How every statement of this package is run. Time is the database's ``now()`` everywhere, never a worker's clock."""

from typing import Any

from django.db import connection


def rows(statement: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[Any] = cursor.fetchall()
    return found


def count(statement: str, parameters: dict[str, Any]) -> int:
    """Rows touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
