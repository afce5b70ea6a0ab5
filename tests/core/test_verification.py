"""Verification codes: one live code per purpose and address, and nothing in the database that gives it away."""

import hmac
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from pytest_django import Settings

from notifications import verification
from notifications.errors import CodeRejected, CodeRepeated
from notifications.models import CodeAllowance, VerificationCode
from tenants.models import Tenant
from tests.crowd import at_once
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db

ANN = "ann@example.org"


@pytest.fixture
def tenant() -> Tenant:
    return TenantFactory()


def issue(tenant: Tenant, *addresses: str, biz_key: str = "LOGIN") -> dict[str, str]:
    return verification.issue(tenant.pk, biz_key, addresses or (ANN,), validity=timedelta(minutes=5))


def fits(tenant: Tenant, code: str, *, address: str = ANN, biz_key: str = "LOGIN") -> bool:
    """Would this code be taken for the one that is stored under purpose and address?"""
    stored = VerificationCode.objects.for_tenant(tenant.pk).get()
    return hmac.compare_digest(bytes(stored.code_hash), verification.hash_code(tenant.pk, biz_key, address, code))


def is_refused(tenant: Tenant, code: str, *, address: str = ANN, biz_key: str = "LOGIN") -> bool:
    try:
        verification.check(tenant.pk, biz_key, address, code)
    except CodeRejected:
        return True
    return False


def another_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def pass_time(**amount: int) -> None:
    """Moves everything that is known about codes into the past, instead of the clock."""
    step = timedelta(**amount)
    VerificationCode.across_tenants.update(sent_at=F("sent_at") - step, expires_at=F("expires_at") - step)
    CodeAllowance.across_tenants.update(since=F("since") - step)


def test_a_code_is_six_digits(tenant: Tenant) -> None:
    codes = issue(tenant, *[f"r{n}@example.org" for n in range(50)])

    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in codes.values())


def test_codes_do_not_repeat_each_other(tenant: Tenant) -> None:
    codes = issue(tenant, *[f"r{n}@example.org" for n in range(50)])

    assert len(set(codes.values())) > 45


def test_the_digits_are_not_in_the_database(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    row = VerificationCode.across_tenants.values().get()
    assert code not in repr({**row, "code_hash": bytes(row["code_hash"]), "sent_at": None, "expires_at": None})
    assert fits(tenant, code)


def test_a_code_lives_for_its_validity_by_the_database_s_clock(tenant: Tenant) -> None:
    issue(tenant)

    (life,) = VerificationCode.across_tenants.values_list(F("expires_at") - F("sent_at"), flat=True)
    assert life == timedelta(minutes=5)


def test_a_code_may_be_tried_five_times(tenant: Tenant) -> None:
    issue(tenant)

    assert VerificationCode.across_tenants.get().attempts_left == 5


def test_a_new_code_replaces_the_one_before_with_attempts_of_its_own(tenant: Tenant) -> None:
    old = issue(tenant)[ANN]
    VerificationCode.across_tenants.update(attempts_left=0, expires_at=F("sent_at"))
    pass_time(minutes=1)

    new = issue(tenant)[ANN]

    row = VerificationCode.across_tenants.get()
    assert row.attempts_left == 5
    assert row.sent_at is not None
    assert row.sent_at < row.expires_at
    assert fits(tenant, new)
    assert old == new or not fits(tenant, old)


def test_spellings_of_one_address_share_one_code(tenant: Tenant) -> None:
    codes = issue(tenant, "Ann@example.org", ANN)

    assert codes["Ann@example.org"] == codes[ANN]
    assert fits(tenant, codes[ANN])


def test_a_code_fits_any_spelling_of_its_address_and_nothing_else(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    assert fits(tenant, code, address="ANN@Example.ORG")
    assert not fits(tenant, code, address="bob@example.org")
    assert not fits(tenant, code, biz_key="RESET")


def test_a_purpose_has_a_code_of_its_own(tenant: Tenant) -> None:
    issue(tenant, biz_key="LOGIN")
    issue(tenant, biz_key="RESET")

    assert VerificationCode.across_tenants.count() == 2


def test_a_tenant_s_code_is_no_use_to_another_tenant(tenant: Tenant) -> None:
    neighbour = TenantFactory()
    issue(tenant)
    issue(neighbour)

    hashes = {bytes(row.code_hash) for row in VerificationCode.across_tenants.all()}
    assert len(hashes) == 2
    assert verification.hash_code(tenant.pk, "LOGIN", ANN, "123456") != verification.hash_code(
        neighbour.pk, "LOGIN", ANN, "123456"
    )


def test_a_stolen_table_does_not_give_codes_away_without_the_secret_key(tenant: Tenant, settings: Settings) -> None:
    here = verification.hash_code(tenant.pk, "LOGIN", ANN, "123456")

    settings.SECRET_KEY = "another"

    assert verification.hash_code(tenant.pk, "LOGIN", ANN, "123456") != here


def test_the_next_code_for_purpose_and_address_waits_a_minute(tenant: Tenant) -> None:
    issue(tenant)

    with pytest.raises(CodeRepeated) as refusal:
        issue(tenant, "ANN@example.org")

    assert 0 < refusal.value.params["seconds"] <= 60


def test_other_purposes_and_addresses_do_not_wait(tenant: Tenant) -> None:
    issue(tenant)

    issue(tenant, biz_key="RESET")
    issue(tenant, "bob@example.org")

    assert VerificationCode.across_tenants.count() == 3


def test_another_tenant_does_not_wait(tenant: Tenant) -> None:
    issue(tenant)

    assert issue(TenantFactory())


@pytest.mark.django_db(transaction=True)
def test_a_call_that_one_address_must_wait_for_issues_nothing() -> None:
    tenant = TenantFactory()
    issue(tenant)

    with pytest.raises(CodeRepeated), transaction.atomic():
        issue(tenant, ANN, "bob@example.org")

    assert not VerificationCode.across_tenants.filter(address="bob@example.org").exists()
    assert CodeAllowance.across_tenants.get().sent == 1


def test_an_address_gets_five_codes_an_hour_for_whatever_purpose(tenant: Tenant) -> None:
    for number in range(5):
        issue(tenant, biz_key=f"PURPOSE_{number}")

    with transaction.atomic(), pytest.raises(CodeRepeated) as refusal:
        issue(tenant, biz_key="PURPOSE_6")

    assert 3500 < refusal.value.params["seconds"] <= 3600
    pass_time(hours=1)
    assert issue(tenant, biz_key="PURPOSE_6")
    assert CodeAllowance.across_tenants.get().sent == 1


def test_the_right_code_is_taken_once(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    verification.check(tenant.pk, "LOGIN", "Ann@Example.org", f" {code} ")

    assert is_refused(tenant, code)


def test_after_a_used_code_the_next_one_is_sent_at_once(tenant: Tenant) -> None:
    verification.check(tenant.pk, "LOGIN", ANN, issue(tenant)[ANN])

    assert issue(tenant)


def test_four_wrong_guesses_leave_one_right_one(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    assert all(is_refused(tenant, another_than(code)) for _ in range(4))

    assert not is_refused(tenant, code)


def test_the_fifth_wrong_guess_kills_the_code(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    assert all(is_refused(tenant, another_than(code)) for _ in range(5))

    assert is_refused(tenant, code)


def test_an_expired_code_is_refused(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]

    pass_time(minutes=5)

    assert is_refused(tenant, code)


def test_a_code_opens_nothing_else(tenant: Tenant) -> None:
    code = issue(tenant)[ANN]
    neighbour = TenantFactory()

    assert is_refused(neighbour, code)
    assert is_refused(tenant, code, address="bob@example.org")
    assert is_refused(tenant, code, biz_key="RESET")
    assert not is_refused(tenant, code)


def test_a_guess_at_an_address_without_a_code_does_not_keep_it_from_getting_one(tenant: Tenant) -> None:
    assert is_refused(tenant, "000000")

    code = issue(tenant)[ANN]

    assert not is_refused(tenant, code)


@pytest.mark.parametrize(
    "guess", ["", " ", "12345", "1234567", "\u0661\u0662\u0663", "\0", "%", "' OR 1=1 --", "9" * 160]
)
def test_what_is_no_code_is_a_wrong_one(tenant: Tenant, guess: str) -> None:
    issue(tenant)

    assert is_refused(tenant, guess)


def test_yesterdays_rows_are_purged(tenant: Tenant) -> None:
    issue(tenant)
    is_refused(tenant, "000000", address="bob@example.org")
    pass_time(days=2)
    issue(tenant, "new@example.org")

    assert verification.purge() == 3

    assert VerificationCode.across_tenants.get().address == "new@example.org"


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_guesses_at_once_exactly_five_are_judged(count_judged: Callable[[], int]) -> None:
    tenant = TenantFactory()
    code = issue(tenant)[ANN]
    wrong = another_than(code)

    answers = at_once(20, lambda _: [is_refused(tenant, wrong) for _ in range(10)])

    assert answers == [[True] * 10] * 20
    assert count_judged() == 5
    assert is_refused(tenant, code)


@pytest.fixture
def count_judged(transactional_db: None) -> Iterator[Callable[[], int]]:
    """PostgreSQL itself notes each guess that cost an attempt."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            CREATE TABLE judged (attempts_left int);
            CREATE FUNCTION note_judged() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN INSERT INTO judged VALUES (new.attempts_left); RETURN NULL; END $$;
            CREATE TRIGGER note_judged AFTER UPDATE ON notifications_verificationcode FOR EACH ROW
                WHEN (old.attempts_left <> new.attempts_left) EXECUTE FUNCTION note_judged();
            """
        )

        def count() -> int:
            cursor.execute("SELECT count(*) FROM judged")
            return int(cursor.fetchone()[0])

        yield count
        cursor.execute("DROP FUNCTION note_judged CASCADE; DROP TABLE judged")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("wrong_ones", "taken"), [(0, 1), (4, 1), (5, 0)])
def test_of_many_right_guesses_at_once_one_is_taken_while_attempts_are_left(wrong_ones: int, taken: int) -> None:
    tenant = TenantFactory()
    code = issue(tenant)[ANN]
    for _ in range(wrong_ones):
        is_refused(tenant, another_than(code))

    answers = at_once(20, lambda _: is_refused(tenant, code))

    assert answers.count(False) == taken


@pytest.mark.django_db(transaction=True)
def test_of_calls_at_the_same_time_one_gets_a_code_and_it_works() -> None:
    tenant = TenantFactory()

    answers = at_once(10, lambda _: issue(tenant)[ANN])

    (code,) = [answer for answer in answers if isinstance(answer, str)]
    assert sum(isinstance(answer, CodeRepeated) for answer in answers) == 9
    assert not is_refused(tenant, code)


@pytest.mark.django_db(transaction=True)
def test_calls_that_name_the_same_addresses_in_another_order_do_not_block_each_other() -> None:
    tenant = TenantFactory()
    addresses = [f"r{n}@example.org" for n in range(500)]
    orders = (addresses, addresses[::-1])

    answers = at_once(8, lambda number: len(issue(tenant, *orders[number % 2])))

    assert answers.count(500) == 1
    assert sum(isinstance(answer, CodeRepeated) for answer in answers) == 7
