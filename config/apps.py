import gc

from django.apps import AppConfig

# Whoever sets Django up can publish: without this, `current_app` would be Celery's nameless default.
from config.celery import app as celery_app

__all__ = ["celery_app"]


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # What was loaded stays as long as the process: no collection looks at it again, and forks go on sharing it.
        gc.freeze()
        gc.enable()
