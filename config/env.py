"""Where settings come from: the environment; else the instance that ``quickstart`` left in its home directory.

Thanks to the second, every management command works beside a running quickstart without any export. Production sets the
environment and never has such a file.
"""

import os
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The directory of the local instance's state (``--home`` of quickstart), default ``.local`` in the checkout."""
    return Path(os.environ.get("ANGARIUM_HOME", ROOT / ".local")).resolve()


def load() -> environ.Env:
    """The reader for settings.py. Variables that are set win over those in ``<home>/instance.env``.

    The environment itself stays as it is: what a command starts, such as a test run, must not inherit the instance.
    """

    class Reader(environ.Env):  # type: ignore[misc]
        ENVIRON = dict(os.environ)

    instance = home() / "instance.env"
    if "DATABASE_URL" not in os.environ and instance.is_file():
        Reader.read_env(instance, overwrite=False)
    return Reader()
