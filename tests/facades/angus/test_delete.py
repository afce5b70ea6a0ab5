"""Deleting records: what the tenant names is gone, whatever spelling the list of ids has."""

import pytest

from notifications import outbox
from notifications.contracts import Lane
from notifications.models import Message
from tenants.models import Tenant
from tests.facades.angus.conftest import Api, custom, stored
from tests.factories import make_key

EMAIL = "/api/v1/email"


def send(api: Api, count: int = 1) -> list[str]:
    recipients = [f"r{n}@example.org" for n in range(count)]
    ids: list[str] = api.post(EMAIL, custom(toAddress=recipients, batch=False)).json()["data"]["ids"]
    return ids


@pytest.mark.parametrize("spelling", ["ids={0}&ids={1}", "ids={0},{1}", "ids={0},%20{1},&ids={0}"])
def test_ids_are_repeated_or_separated_by_commas(api: Api, spelling: str) -> None:
    ids = send(api, 2)

    reply = api.delete(f"{EMAIL}?{spelling.format(*ids)}")

    assert (reply.status_code, reply.content) == (204, b"")
    assert stored() == (0, 0, 0)
    assert api.get(f"{EMAIL}/{ids[0]}").status_code == 404


@pytest.mark.parametrize("query", ["ids=", "ids=,", "ids=42", "ids=9223372036854775807", f"ids={'9' * 19}"])
def test_none_and_unknown_ones_are_no_mistake(api: Api, query: str) -> None:
    send(api)

    assert api.delete(f"{EMAIL}?{query}").status_code == 204
    assert Message.across_tenants.count() == 1


def test_two_hundred_are_deleted_at_once(api: Api) -> None:
    ids = send(api, 200)

    reply = api.delete(f"{EMAIL}?ids={','.join(ids)}&ids={ids[0]}")

    assert reply.status_code == 204
    assert stored() == (0, 0, 0)


def test_more_than_two_hundred_delete_nothing(api: Api) -> None:
    ids = send(api, 201)

    assert api.delete(f"{EMAIL}?ids={','.join(ids)}").status_code == 400
    assert Message.across_tenants.count() == 201


def test_what_is_leaving_right_now_stays_and_the_answer_is_the_same(api: Api) -> None:
    (leaving,) = send(api)
    outbox.mark([int(leaving)], lease=outbox.claim(lane=Lane.BULK, limit=1))
    (waiting,) = send(api)

    assert api.delete(f"{EMAIL}?ids={leaving},{waiting}").status_code == 204

    assert [str(pk) for pk in Message.across_tenants.values_list("pk", flat=True)] == [leaving]


def test_a_stranger_deletes_nothing(api: Api, stranger: Api) -> None:
    (message_id,) = send(api)

    assert stranger.delete(f"{EMAIL}?ids={message_id}").status_code == 204

    assert api.get(f"{EMAIL}/{message_id}").status_code == 200


def test_a_key_that_may_only_read_deletes_nothing(api: Api, tenant: Tenant) -> None:
    (message_id,) = send(api)

    reply = Api(make_key(tenant, "email.read")).delete(f"{EMAIL}?ids={message_id}")

    assert (reply.status_code, reply.headers["XC-E-Key"]) == (403, "insufficient_scope")
    assert Message.across_tenants.count() == 1
