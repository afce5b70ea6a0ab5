"""The hand-written statements, and the only raw SQL of the project.

Each is one statement, so it is one transaction of its own when the caller has none open. Time is the database's
``now()`` everywhere: due, lease and expiry never depend on a worker's clock. One module for each caller: ``accepting``
and ``working`` for ``outbox.py``, ``codes`` for ``verification.py``, ``slots`` for ``delivery/slots.py``,
``suppressions`` for ``suppression.py``, ``traces`` for ``traces.py``,
``recipient_lists`` for ``recipient_lists.py``.
"""
