"""The Celery app. It carries nudges: losing one costs a sweep's period, so nothing here waits for a broker for long."""

import os
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from django.conf import settings
from kombu.transport import TRANSPORT_ALIASES

#: Publishing gives up after this long, connecting and one retry included; the web request behind it goes on.
PUBLISH_PATIENCE_S = 1.0
#: How often the worker of quickstart looks into its folder.
_FOLDER_POLL_S = 0.05

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["filesystem"] = "config.standalone.broker:Transport"


def _transport_options(broker_url: str) -> dict[str, Any]:
    # kombu retries a first connection for ever unless it is told; workers have their own loop, see below.
    options: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
    scheme = urlsplit(broker_url).scheme
    if scheme.startswith(("redis", "rediss")):
        # A nudge that a dead worker held comes back after five minutes instead of an hour; the sweep is sooner anyway.
        options |= {"socket_connect_timeout": PUBLISH_PATIENCE_S, "socket_timeout": 2, "visibility_timeout": 300}
    elif scheme == "filesystem":
        folder = settings.BROKER_DIR
        options |= {
            "data_folder_in": folder / "queue",
            "data_folder_out": folder / "queue",
            "processed_folder": folder / "taken",
            "control_folder": folder / "control",
            "polling_interval": _FOLDER_POLL_S,
        }
    return options


def configuration() -> dict[str, Any]:
    url = settings.CELERY_BROKER_URL
    is_folder = urlsplit(url).scheme == "filesystem"
    return {
        "broker_url": url,
        "broker_transport_options": _transport_options(url),
        "broker_connection_timeout": PUBLISH_PATIENCE_S,
        # Workers: the broker may be away for as long as it likes.
        "broker_connection_retry": True,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # Web: once more on a new connection, for the pooled one may be stale.
        "task_publish_retry": True,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0},
        "task_default_queue": "angarium",
        "task_default_delivery_mode": "transient",
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "timezone": "UTC",
        "worker_hijack_root_logger": False,
        # Chatter between workers: a folder has no good way to carry it.
        "worker_enable_remote_control": not is_folder,
        "imports": ["notifications.tasks", "config.worker"],
        "beat_scheduler": "django_celery_beat.schedulers:DatabaseScheduler",
        "beat_schedule": {
            "sweep": {"task": "notifications.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
            "batches": {"task": "notifications.tasks.run_batches", "schedule": 5.0, "options": {"expires": 5}},
            "tidy": {"task": "notifications.tasks.tidy", "schedule": 600.0, "options": {"expires": 600}},
        },
    }


app = Celery("angarium")
# ``current_app`` is kept per thread; without this the threads of a web server would nudge Celery's nameless default.
app.set_default()
# Read at first use: importing this module must not load the settings.
app.add_defaults(configuration)
