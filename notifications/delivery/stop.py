"""The word that a worker is to stop. Set in Celery's main process, seen by the processes that it forked."""

from multiprocessing import Event

#: Made when the worker starts, before it forks: from then on all its processes share it.
stopping = Event()
