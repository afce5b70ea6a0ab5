"""Idempotency-Key: the work runs once, everybody gets its answer, and a refusal leaves the key free."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from notifications import idempotency
from notifications.errors import IdempotencyInFlight, IdempotencyKeyInvalid, IdempotencyMismatch, ServerMissing
from notifications.idempotency import Answer
from notifications.models import IdempotencyRecord, Message
from tenants.models import Tenant
from tests.crowd import at_once
from tests.factories import MailServerFactory, TenantFactory, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return MailServerFactory().tenant


def post(tenant: Tenant, *, key: str = "k1", endpoint: str = "email", body: bytes = b"{}") -> Answer:
    """A request that sends one message and answers its id."""

    def work() -> Answer:
        return Answer(status=200, body=str(send(tenant).message_ids[0]).encode())

    return idempotency.answer_once(tenant.pk, endpoint, key, request_body=body, work=work)


def test_the_first_answer_is_the_work_s_own(tenant: Tenant) -> None:
    answer = post(tenant)

    assert (answer.status, answer.is_replayed) == (200, False)
    assert answer.body == str(Message.across_tenants.get().pk).encode()


def test_the_same_request_again_gets_the_same_answer_and_sends_nothing(tenant: Tenant) -> None:
    first = post(tenant)

    again = post(tenant)

    assert (again.status, again.body, again.is_replayed) == (first.status, first.body, True)
    assert Message.across_tenants.count() == 1


def test_another_body_under_the_same_key_is_refused(tenant: Tenant) -> None:
    post(tenant)

    with pytest.raises(IdempotencyMismatch):
        post(tenant, body=b'{"other": true}')

    assert Message.across_tenants.count() == 1


def test_keys_of_different_endpoints_are_apart(tenant: Tenant) -> None:
    post(tenant)

    assert not post(tenant, endpoint="sms").is_replayed


def test_keys_of_different_tenants_are_apart(tenant: Tenant) -> None:
    post(tenant)

    assert not post(MailServerFactory().tenant).is_replayed


def test_a_refusal_leaves_no_record_so_that_the_key_may_be_used_again() -> None:
    tenant = TenantFactory()
    with pytest.raises(ServerMissing):
        post(tenant)
    assert not IdempotencyRecord.across_tenants.exists()
    MailServerFactory(tenant=tenant)

    assert not post(tenant).is_replayed


def test_a_key_is_forgotten_after_a_day(tenant: Tenant) -> None:
    post(tenant)
    IdempotencyRecord.across_tenants.update(created_at=Now() - timedelta(hours=24, seconds=1))

    assert not post(tenant, body=b'{"other": true}').is_replayed

    assert Message.across_tenants.count() == 2
    assert IdempotencyRecord.across_tenants.count() == 1


def test_a_key_is_known_for_a_whole_day(tenant: Tenant) -> None:
    post(tenant)
    IdempotencyRecord.across_tenants.update(created_at=Now() - timedelta(hours=23, minutes=59))

    assert post(tenant).is_replayed


def test_purging_takes_what_is_older_than_a_day_and_nothing_else(tenant: Tenant) -> None:
    post(tenant, key="old")
    IdempotencyRecord.across_tenants.update(created_at=Now() - timedelta(hours=25))
    post(tenant, key="new")

    assert idempotency.purge() == 1

    assert IdempotencyRecord.across_tenants.get().key == "new"


@pytest.mark.parametrize("key", ["", "k" * 256, "a\nb", "a\x00b", "a\u2028b"], ids=ascii)
def test_a_key_is_one_to_255_printable_characters(tenant: Tenant, key: str) -> None:
    with pytest.raises(IdempotencyKeyInvalid):
        post(tenant, key=key)

    assert not Message.across_tenants.exists()


def test_the_longest_key_is_accepted(tenant: Tenant) -> None:
    assert not post(tenant, key="k" * 255).is_replayed


@pytest.mark.django_db(transaction=True)
def test_of_many_equal_requests_at_once_one_works_and_all_get_its_answer() -> None:
    tenant = MailServerFactory().tenant

    answers = at_once(32, lambda _: post(tenant))

    sent = Message.across_tenants.get().pk
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [str(sent).encode()] * 32
    assert sum(not answer.is_replayed for answer in answers if isinstance(answer, Answer)) == 1


@pytest.mark.django_db(transaction=True)
def test_equal_requests_at_once_with_a_forgotten_key_work_once() -> None:
    tenant = MailServerFactory().tenant
    post(tenant)
    IdempotencyRecord.across_tenants.update(created_at=Now() - timedelta(hours=25))

    answers = at_once(16, lambda _: post(tenant))

    assert len({answer.body for answer in answers if isinstance(answer, Answer)}) == 1
    assert sum(isinstance(answer, Answer) for answer in answers) == 16
    assert Message.across_tenants.count() == 2


@pytest.mark.django_db(transaction=True)
def test_when_the_first_of_many_is_refused_another_one_works() -> None:
    tenant = MailServerFactory().tenant
    refused: list[int] = []

    def request(number: int) -> Answer:
        def work() -> Answer:
            if not refused:
                refused.append(number)
                raise ServerMissing(protocol="SMTP")
            return Answer(status=200, body=b"done")

        return idempotency.answer_once(tenant.pk, "email", "k1", request_body=b"{}", work=work)

    answers = at_once(8, request)

    assert [type(answer) for answer in answers].count(ServerMissing) == 1
    assert [answer.body for answer in answers if isinstance(answer, Answer)] == [b"done"] * 7


@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_first_request_is_told_that_it_is_in_flight() -> None:
    tenant = MailServerFactory().tenant
    latecomers: list[object] = []

    def impatient(_: int) -> Answer:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '200ms'")
        return post(tenant)

    def work() -> Answer:
        latecomers.extend(at_once(1, impatient))
        return Answer(status=200, body=b"slow")

    answer = idempotency.answer_once(tenant.pk, "email", "k1", request_body=b"{}", work=work)

    assert [type(each) for each in latecomers] == [IdempotencyInFlight]
    assert answer.body == b"slow"
