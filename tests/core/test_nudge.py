"""The hint to the workers: where it goes."""

import threading

from celery import current_app

from config.celery import app


def test_every_thread_nudges_through_our_broker() -> None:
    seen = []
    thread = threading.Thread(target=lambda: seen.append(current_app.main))
    thread.start()
    thread.join()

    assert seen == [app.main]
