"""N7: an e-mail service that throttles, breaks, falls silent after it took a mail, or talks nonsense."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from notifications.contracts import Lane
from notifications.delivery.deliver import deliver_due
from notifications.models import MailServer, Message, Outbox
from notifications.models.route import ServerKind
from notifications.states import Status
from tenants.models import Tenant
from tenants.sealed import Secret
from tests.factories import MailServerFactory, send
from tests.faults.harness.ledger import statuses, verdicts
from tests.faults.harness.service import Answer, Service
from tests.faults.harness.time import finish

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

TAKEN = Answer(200, {"id": "<mg-1@example.org>", "message": "Queued. Thank you."})
OPTIONS = {
    "mailgun": {"api_key": "k", "sender_domain": "example.org"},
    "postmark": {"server_token": "t"},
    "resend": {"api_key": "k"},
}
RECIPIENTS = [f"r{n}@example.org" for n in range(3)]


def tenant_of(http: Service, *, service: str = "mailgun", is_held: bool = False) -> Tenant:
    server: MailServer = MailServerFactory(
        kind=ServerKind.ANYMAIL,
        service=service,
        options={"api_url": http.url},
        credentials=Secret.of(json.dumps(OPTIONS[service])),
        tenant__held_lanes=list(Lane) if is_held else [],
    )
    tenant: Tenant = server.tenant
    return tenant


def asked(http: Service) -> Counter[str]:
    """How often the service was asked to send to whom."""
    return Counter(parse_qs(each.body)["to"][0] for each in http.asked)


def test_n7_a_throttled_window_waits_as_long_as_the_service_asks_and_then_goes_once() -> None:
    with Service([Answer(429, {"Message": "slow down"}, {"Retry-After": "1200"}), TAKEN]) as http:
        ids = send(tenant_of(http), *RECIPIENTS).message_ids

        deliver_due()

        waits = [due_at - datetime.now(UTC) for due_at in Outbox.objects.values_list("due_at", flat=True)]
        assert len(waits) == len(ids)
        assert min(waits) > timedelta(seconds=1200 * 0.75)
        finish()
        assert asked(http) == {RECIPIENTS[0]: 2, RECIPIENTS[1]: 1, RECIPIENTS[2]: 1}
        assert statuses() == {Status.SENT: len(ids)}


def test_n7_a_broken_service_gets_the_mail_again_later() -> None:
    with Service([Answer(500, "oops"), Answer(502, "bad gateway"), TAKEN]) as http:
        (id_,) = send(tenant_of(http)).message_ids

        finish()

        assert verdicts(id_) == ["later", "later", "sent"]
        assert statuses() == {Status.SENT: 1}


@pytest.mark.parametrize("answer", [Answer(hangs_up=True), Answer(200, "<html>OK</html>")], ids=["silence", "nonsense"])
@pytest.mark.parametrize("is_held", [False, True], ids=["resend", "hold"])
def test_n7_a_mail_that_the_service_may_have_taken_follows_the_tenant_s_policy(answer: Answer, is_held: bool) -> None:
    with Service([answer, TAKEN]) as http:
        (id_,) = send(tenant_of(http, is_held=is_held)).message_ids

        finish()

        assert verdicts(id_) == (["uncertain"] if is_held else ["uncertain", "sent"])
        assert len(http.asked) == (1 if is_held else 2)
        assert statuses() == {Status.UNCERTAIN if is_held else Status.SENT: 1}


def test_n7_a_service_with_idempotency_keys_is_asked_again_under_the_same_one_even_under_hold() -> None:
    with Service([Answer(hangs_up=True), Answer(200, {"id": "re-1"})]) as http:
        (id_,) = send(tenant_of(http, service="resend", is_held=True)).message_ids

        finish()

        assert verdicts(id_) == ["later", "sent"]
        assert len({each.headers["Idempotency-Key"] for each in http.asked}) == 1
        assert statuses() == {Status.SENT: 1}


def test_n7_of_several_recipients_only_those_that_the_service_refused_are_refused() -> None:
    words = (
        "Message OK, but will not deliver to these inactive addresses: gone@example.org."
        " Inactive recipients are ones that have generated a hard bounce or a spam complaint."
    )
    to = ("ann@example.org", "gone@example.org")
    taken = Answer(200, {"ErrorCode": 0, "Message": words, "MessageID": "pm-1", "To": ",".join(to)})
    with Service([taken]) as http:
        (id_,) = send(tenant_of(http, service="postmark"), *to, is_separate=False).message_ids

        finish()

        assert len(http.asked) == 1
        assert statuses() == {Status.PARTIAL: 1}
        outcomes = Message.across_tenants.get(pk=id_).recipient_outcomes or {}
        assert {address: each["verdict"] for address, each in outcomes.items()} == {
            "ann@example.org": "sent",
            "gone@example.org": "never",
        }
