"""When a way out itself fails: what that means for the messages that wanted to take it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from notifications.parcel import Composed, Outcome
from notifications.states import Verdict


class RouteFailed(Exception):
    """No message can leave this way now. ``code`` is the server's, where it spoke."""

    def __init__(self, words: str, *, code: int | None = None, is_passing: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.code = code
        #: The network's or the server's trouble, that waiting may mend; else somebody must change the settings.
        self.is_passing = is_passing


def route_failed(window: Iterable[Composed], failure: RouteFailed) -> list[Outcome]:
    """Every message waits.

    Trouble that may pass is an attempt of the first one, so that its retries follow the schedule and its record shows
    why; wrong settings are nobody's attempt, so that mail is kept until they are mended.
    """
    failed = Outcome(
        message_id=0,
        verdict=Verdict.LATER,
        code=failure.code,
        words=failure.words,
        is_attempt=False,
        is_route_failure=True,
    )
    return [
        replace(failed, message_id=each.message_id, is_attempt=failure.is_passing and position == 0)
        for position, each in enumerate(window)
    ]


def untried(composed: Composed, words: str, *, retry_after: timedelta | None = None) -> Outcome:
    """For a message that was not begun because of what happened to one before it."""
    return Outcome(
        message_id=composed.message_id,
        verdict=Verdict.LATER,
        words=f"Not tried, because of what happened before it: {words}",
        retry_after=retry_after,
        is_attempt=False,
    )
