#!/usr/bin/env python3
"""The one entry point. Where the packages are missing, it first installs them; see config/bootstrap.py."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one file that older interpreters get to read
    sys.exit(f"Angarium needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from config import bootstrap

bootstrap.ensure()

from django.core.management import execute_from_command_line  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
execute_from_command_line(sys.argv)
