"""The only door in: what is refused, and that a refusal leaves nothing at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F

from notifications.contracts import Address, Channel, CodeWish, Content, FileIn
from notifications.errors import (
    BizKeyMissing,
    ContentMissing,
    CustomContentDisabled,
    RecipientsMissing,
    ScheduleTooFar,
    SenderNotAllowed,
    ServerMissing,
    TooManyAttachments,
)
from notifications.models import Message, Outbox, Submission, VerificationCode
from notifications.scheduling import MAX_DAYS_AHEAD
from templates_app.errors import TemplateMissing, TemplateNotBound, VariableMissing
from tenants.errors import DomainError, InvalidField, QuotaExceeded
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, by_template, make_template, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


TOO_LATE = datetime.now(UTC) + timedelta(days=MAX_DAYS_AHEAD + 1)
FILE = FileIn(name="a.txt", data=b"x")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipients": ()}, RecipientsMissing),
        ({"recipients": (), "code": CodeWish()}, RecipientsMissing),
        ({"content": None}, ContentMissing),
        ({"content": Content(subject="Hello")}, ContentMissing),
        ({"content": Content(subject="", text="It works.")}, ContentMissing),
        ({"code": CodeWish()}, BizKeyMissing),
        (by_template(None), BizKeyMissing),
        (by_template("SIGNUP"), VariableMissing),
        (by_template("SYS_RECOVERY_NOTICE"), VariableMissing),
        (by_template("NOBODY_S"), TemplateNotBound),
        (by_template(None, code="NOBODY_S"), TemplateMissing),
        ({"channel": Channel.SMS}, InvalidField),
        ({"due_at": TOO_LATE}, ScheduleTooFar),
        ({"sender": Address("ceo@bank.test")}, SenderNotAllowed),
        ({"files": (FILE,) * 101}, TooManyAttachments),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_refusal_leaves_nothing_behind(
    tenant: Tenant, seeded: None, changes: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        send(tenant, **changes)

    assert not Outbox.objects.exists()
    assert not any(model.across_tenants.exists() for model in (Submission, Message, VerificationCode))


def test_a_tenant_without_a_server_is_refused() -> None:
    with pytest.raises(ServerMissing):
        send(TenantFactory())


def test_a_tenant_that_sends_by_template_only_is_refused_its_own_words(tenant: Tenant, seeded: None) -> None:
    tenant.allows_custom_content = False

    with pytest.raises(CustomContentDisabled):
        send(tenant)
    send(tenant, **by_template("SIGNUP"), code=CodeWish())


def test_a_refused_code_does_not_end_the_one_before(tenant: Tenant, seeded: None) -> None:
    send(tenant, **by_template("SIGNUP"), code=CodeWish())
    VerificationCode.across_tenants.update(sent_at=F("sent_at") - timedelta(minutes=2))
    before = VerificationCode.across_tenants.values("code_hash", "sent_at").get()
    tenant.daily_quota = 0

    with pytest.raises(QuotaExceeded):
        send(tenant, **by_template("SIGNUP"), code=CodeWish())

    assert VerificationCode.across_tenants.values("code_hash", "sent_at").get() == before


def test_what_one_recipient_lacks_is_named_with_the_recipient(tenant: Tenant) -> None:
    make_template(tenant, "GREETING", subject="Hello", text="{{ name }}")
    own = {"a@example.org": {"name": "Ann"}}

    with pytest.raises(VariableMissing) as refusal:
        send(tenant, "a@example.org", "b@example.org", **by_template("GREETING"), params_by_recipient=own)

    assert refusal.value.params == {"variable": "name", "recipient": "b@example.org"}
