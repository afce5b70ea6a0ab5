import gc

from django.apps import AppConfig

# Whoever sets Django up can publish: without this, `current_app` would be Celery's nameless default.
from config.celery import app as celery_app

__all__ = ["celery_app"]

#: New objects between two looks for garbage. A call for a hundred thousand people makes a million that all live until
#: it is answered, and Python's own 700 would have each of them looked at again and again.
_YOUNG_OBJECTS = 50_000


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # What was loaded stays as long as the process: no collection looks at it again, and forks go on sharing it.
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS)
        gc.enable()
