"""The vendor's own client, unchanged, against a running server: every signature it knows, by POST and by GET."""

import gc
from typing import Any

import pytest
from tencentcloud.common import credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ses.v20201002 import models
from tencentcloud.ses.v20201002.ses_client import SesClient

from notifications.models import Message
from tests.facades.tencent.test_send import mail

# The client asks the clock in a way that Python 3.12 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcfromtimestamp")

METHODS = [(signed, by) for signed in ("TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1") for by in ("POST", "GET")]


@pytest.fixture
def connect(live_server, api, monkeypatch):
    """A client as an application makes it; only the endpoint is ours."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def make(
        signed: str = "TC3-HMAC-SHA256", by: str = "POST", *, endpoint: str = "", key: str = "", **profile: Any
    ) -> SesClient:
        http = HttpProfile(
            protocol="http", endpoint=endpoint or live_server.url.removeprefix("http://"), reqMethod=by, reqTimeout=10
        )
        pair = credential.Credential(api.secret_id, key or api.secret_key)
        return SesClient(pair, "ap-singapore", ClientProfile(signMethod=signed, httpProfile=http, **profile))

    yield make
    # A refusal holds its connection in a circle of references; while it is open, a thread of the server waits for more
    # and keeps its session of the database.
    gc.collect()


def request(**changes: Any) -> models.SendEmailRequest:
    wanted = models.SendEmailRequest()
    wanted._deserialize(mail(**changes))
    return wanted


def refusal(client: SesClient, wanted: models.SendEmailRequest) -> TencentCloudSDKException:
    with pytest.raises(TencentCloudSDKException) as caught:
        client.SendEmail(wanted)
    return caught.value


def test_it_sends_with_every_signature_by_post_and_by_get(connect, tenant):
    answers = [
        connect(signed, by).SendEmail(
            request(
                Subject=f"{signed} & {by}: ä=b",
                Destination=["ann@example.org", "bob@example.org"],
                Attachments=[{"FileName": "a b.txt", "Content": "aGVsbG8="}],
                TriggerType=1,
            )
        )
        for signed, by in METHODS
    ]

    rows = Message.objects.for_tenant(tenant.pk).select_related("submission").order_by("pk")
    assert [row.subject for row in rows] == [f"{signed} & {by}: ä=b" for signed, by in METHODS]
    assert [row.submission.out_id for row in rows] == [answer.MessageId for answer in answers]
    assert {len(row.to) for row in rows} == {2}
    assert all(len(answer.RequestId) == 36 for answer in answers)


def test_its_other_ways_work_too(connect, live_server, tenant):
    unsigned = connect()
    unsigned.profile.unsignedPayload = True
    unsigned.SendEmail(request())
    connect(endpoint=live_server.url).SendEmail(request())
    connect().call_json("SendEmail", mail(), options={"IsMultipart": True})

    assert Message.objects.for_tenant(tenant.pk).count() == 3


def test_it_understands_our_refusals(connect, api):
    wrong = refusal(connect(language="en-US"), request(Destination=["ann"]))
    unsigned = refusal(connect(key="another"), request())
    chinese = refusal(connect(), request(Destination=[]))

    assert (wrong.code, wrong.message) == (
        "InvalidParameterValue.ReceiverEmailInvalid",
        "A recipient is no e-mail address.",
    )
    assert len(wrong.requestId) == 36
    assert unsigned.code == "AuthFailure.SignatureFailure"
    assert chinese.message == "发件人或收件人地址为空。"
    with pytest.raises(TencentCloudSDKException) as skipped:
        connect().call_json("SendEmail", mail(), options={"SkipSign": True})
    assert skipped.value.code == "AuthFailure.InvalidAuthorization"
