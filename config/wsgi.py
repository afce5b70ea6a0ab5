"""The web process. Refuses to start when the sealed fields cannot be opened."""

import os

import django
from django.db import connections

from config.requests import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)
application = Handler()

from config import urls  # noqa: E402, F401 - models exist only once Django is set up; the first caller waits for nothing
from tenants import canary  # noqa: E402

canary.check()
# A server that loads us before it forks must not hand one connection to all of its workers.
connections.close_all()
