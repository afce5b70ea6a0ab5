"""Outcomes per recipient over several attempts: what is settled for somebody stays settled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.recipients import fold
from notifications.parcel import Outcome, RecipientOutcome
from notifications.states import Verdict

ANN, BOB, CID = "ann@example.org", "bob@example.org", "cid@example.org"
SENT = RecipientOutcome(Verdict.SENT, 250, "ok")
NEVER = RecipientOutcome(Verdict.NEVER, 550, "no such user")
LATER = RecipientOutcome(Verdict.LATER, 451, "busy")
LEFT = RecipientOutcome(Verdict.SUPPRESSED, None, "unsubscribed")


def outcome(verdict: Verdict, **recipients: RecipientOutcome) -> Outcome:
    names = {"ann": ANN, "bob": BOB, "cid": CID}
    return Outcome(
        message_id=1,
        verdict=verdict,
        code=250,
        words="words",
        recipients={names[name]: each for name, each in recipients.items()},
    )


def stored(**recipients: RecipientOutcome) -> dict[str, dict[str, object]]:
    """As the message's row keeps them."""
    found = outcome(Verdict.SENT, **recipients).recipients
    return {
        address: {"verdict": each.verdict.value, "code": each.code, "words": each.words}
        for address, each in found.items()
    }


def test_a_single_recipient_s_outcome_is_the_message_s() -> None:
    attempt = outcome(Verdict.NEVER)

    assert fold(attempt, everyone=[ANN], earlier=None) is attempt


def test_all_reached_at_once_is_sent() -> None:
    folded = fold(outcome(Verdict.SENT), everyone=[ANN, BOB], earlier=None)

    assert (folded.verdict, folded.recipients) == (Verdict.SENT, {})


def test_some_reached_and_the_rest_refused_is_partial_and_names_everybody() -> None:
    folded = fold(outcome(Verdict.PARTIAL, ann=SENT, bob=NEVER), everyone=[ANN, BOB], earlier=None)

    assert folded.verdict is Verdict.PARTIAL
    assert folded.recipients == {ANN: SENT, BOB: NEVER}


def test_while_one_recipient_is_open_the_message_is() -> None:
    folded = fold(outcome(Verdict.LATER, ann=SENT, bob=NEVER), everyone=[ANN, BOB, CID], earlier=None)

    assert folded.verdict is Verdict.LATER
    assert folded.recipients == {ANN: SENT, BOB: NEVER}


def test_reaching_the_last_open_recipient_makes_it_sent() -> None:
    folded = fold(outcome(Verdict.SENT), everyone=[ANN, BOB], earlier=stored(ann=SENT))

    assert (folded.verdict, folded.recipients) == (Verdict.SENT, {})


def test_a_refusal_from_before_makes_a_later_success_partial() -> None:
    folded = fold(outcome(Verdict.SENT), everyone=[ANN, BOB], earlier=stored(ann=NEVER))

    assert folded.verdict is Verdict.PARTIAL
    assert folded.recipients[ANN] == NEVER
    assert folded.recipients[BOB].verdict is Verdict.SENT


def test_a_success_from_before_makes_a_later_refusal_partial() -> None:
    folded = fold(outcome(Verdict.NEVER), everyone=[ANN, BOB], earlier=stored(ann=SENT))

    assert folded.verdict is Verdict.PARTIAL
    assert folded.recipients[ANN] == SENT
    assert folded.recipients[BOB].verdict is Verdict.NEVER


def test_refusals_of_two_attempts_together_are_a_refusal() -> None:
    folded = fold(outcome(Verdict.NEVER), everyone=[ANN, BOB], earlier=stored(ann=NEVER))

    assert folded.verdict is Verdict.NEVER


@pytest.mark.parametrize(
    ("now", "before", "verdict", "words"),
    [
        (Verdict.SENT, {"ann": LEFT}, Verdict.PARTIAL, "unsubscribed"),
        (Verdict.NEVER, {"ann": LEFT}, Verdict.NEVER, "words"),
        (Verdict.LATER, {"ann": LEFT}, Verdict.LATER, "words"),
        (Verdict.SUPPRESSED, {"ann": LEFT, "bob": LEFT}, Verdict.SUPPRESSED, "words"),
        (Verdict.SUPPRESSED, {"ann": LEFT, "bob": SENT}, Verdict.PARTIAL, "unsubscribed"),
        (Verdict.SUPPRESSED, {"ann": LEFT, "bob": NEVER}, Verdict.NEVER, "unsubscribed"),
    ],
)
def test_the_suppressed_are_neither_reached_nor_refused(
    now: Verdict, before: dict[str, RecipientOutcome], verdict: Verdict, words: str
) -> None:
    folded = fold(outcome(now), everyone=[ANN, BOB], earlier=stored(**before))

    assert (folded.verdict, folded.words) == (verdict, words)
    assert (folded.recipients.get(ANN) == LEFT) is (verdict is not Verdict.SUPPRESSED)


def test_what_was_open_before_takes_the_new_outcome() -> None:
    folded = fold(outcome(Verdict.SENT), everyone=[ANN, BOB], earlier=stored(ann=LATER))

    assert (folded.verdict, folded.recipients) == (Verdict.SENT, {})


def test_doubt_about_the_whole_message_is_left_as_it_is() -> None:
    attempt = outcome(Verdict.UNCERTAIN, bob=NEVER)

    assert fold(attempt, everyone=[ANN, BOB], earlier=stored(ann=SENT)) is attempt


NOW = st.dictionaries(st.sampled_from([ANN, BOB, CID]), st.sampled_from([SENT, NEVER, LATER]))
BEFORE = st.dictionaries(st.sampled_from(["ann", "bob", "cid"]), st.sampled_from([SENT, NEVER, LEFT]))
ALIKE = st.sampled_from([Verdict.SENT, Verdict.NEVER, Verdict.LATER])


@given(verdict=ALIKE, now=NOW, before=BEFORE)
def test_nobody_who_was_settled_is_ever_open_again(
    verdict: Verdict, now: dict[str, RecipientOutcome], before: dict[str, RecipientOutcome]
) -> None:
    attempt = Outcome(message_id=1, verdict=verdict, recipients=now)
    earlier = stored(**before)

    folded = fold(attempt, everyone=[ANN, BOB, CID], earlier=earlier)

    for address, each in earlier.items():
        told = folded.recipients[address].verdict if address in folded.recipients else folded.verdict
        assert told == each["verdict"]
