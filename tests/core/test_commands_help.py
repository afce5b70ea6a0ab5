"""Every command of ours explains itself by example, and its examples are real."""

import shlex
from argparse import ArgumentParser

import pytest
from django.core.management import get_commands, load_command_class

OURS = {name: app for name, app in get_commands().items() if app in {"tenants", "templates_app", "notifications"}}


def parser(name: str) -> ArgumentParser:
    return load_command_class(OURS[name], name).create_parser("manage.py", name)


def examples() -> list[str]:
    """Each example as it is typed, up to a pipe."""
    lines = [line.strip() for name in OURS for line in (parser(name).epilog or "").splitlines()]
    return [line.split(" | ")[0] for line in lines if line.startswith("manage.py ")]


@pytest.mark.parametrize("name", OURS)
def test_a_command_says_what_it_does_and_shows_how(name: str) -> None:
    made = parser(name)

    assert made.description
    assert f"manage.py {name}" in (made.epilog or "")


@pytest.mark.parametrize("example", examples())
def test_an_example_can_be_typed_as_it_stands(example: str) -> None:
    _, name, *arguments = shlex.split(example)

    parser(name).parse_args(arguments)
