"""Idempotency-Key on sends: the same request again gets the same answer, and nothing is sent twice."""

import pytest

from notifications.models import Message
from tests.facades.angus.conftest import Api, custom, stored

EMAIL = "/api/v1/email"
KEY = {"Idempotency-Key": "order-1"}


def test_the_same_request_again_gets_the_same_answer_and_sends_nothing(api: Api) -> None:
    first = api.post(EMAIL, custom(), headers=KEY)
    again = api.post(EMAIL, custom(), headers=KEY)

    assert again.content == first.content
    assert (first.status_code, again.status_code) == (200, 200)
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Type"] == "application/json"
    assert "XC-Request-Id" in again.headers
    assert Message.across_tenants.count() == 1


def test_both_spellings_of_the_path_are_one_endpoint(api: Api) -> None:
    first = api.post(EMAIL, custom(), headers=KEY)

    assert api.post(EMAIL + "/", custom(), headers=KEY).content == first.content


def test_another_body_under_the_same_key_is_422(api: Api) -> None:
    api.post(EMAIL, custom(), headers=KEY)

    reply = api.post(EMAIL, custom(subject="Other"), headers=KEY)

    assert (reply.status_code, reply.json()["code"]) == (422, "E0")
    assert Message.across_tenants.count() == 1


def test_a_refused_request_may_be_mended_under_its_key(api: Api) -> None:
    refused = api.post(EMAIL, custom(fromAddress="ceo@elsewhere.example"), headers=KEY)
    mended = api.post(EMAIL, custom(), headers=KEY)

    assert (refused.status_code, mended.status_code) == (400, 200)
    assert "Idempotent-Replayed" not in mended.headers


def test_another_tenant_may_use_the_same_key(api: Api, stranger: Api) -> None:
    first = api.post(EMAIL, custom(), headers=KEY)
    other = stranger.post(EMAIL, custom(), headers=KEY)

    assert first.json()["data"]["ids"] != other.json()["data"]["ids"]


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_of_the_wrong_length_is_400(api: Api, key: str) -> None:
    assert api.post(EMAIL, custom(), headers={"Idempotency-Key": key}).status_code == 400
    assert stored() == (0, 0, 0)
