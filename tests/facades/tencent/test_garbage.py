"""Whatever arrives at "/", signed or not, is answered in this API's form and crashes nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.facades.tencent import caller
from tests.facades.tencent.client import FORM, JSON, code_of, flatten, response_of
from tests.facades.tencent.test_send import mail

pytestmark = pytest.mark.django_db
QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

TYPES = [
    JSON, FORM, "multipart/form-data; boundary=b", "multipart/form-data", "multipart/form-data; boundary=\"",
    "application/json; charset=utf-16", "text/plain", "", ";", "\x80",
]  # fmt: skip
BODIES = [
    b"", b"{}", b"[]", b"null", b'"x"', b"1e999", b"{\"Subject\": NaN}", b"Action=SendEmail&Destination.0=a",
    b"%ff=%00", b"a=1&a=2", b"=&=&", b"Destination.0.0.0=x&Template=x", b"Template.TemplateID=\xd9\xa3", b"\xff\xfe",
    b'--b\r\nContent-Disposition: form-data; name="Template"\r\nContent-Type: application/json\r\n\r\n{]\r\n--b--',
    b'--b\r\nContent-Disposition: form-data; name=""; filename="x"\r\n\r\nx\r\n--b--\r\n',
]  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner), max_leaves=6
)


@QUICK
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "OPTIONS"]),
    content_type=st.sampled_from(TYPES),
    query=st.sampled_from(["", "Action=SendEmail", "Action=%zz&Signature=%ff", "Language=zh-CN&Action=a&Action=b"]),
    body=st.sampled_from(BODIES),
    headers=st.dictionaries(
        st.sampled_from(
            ["x-tc-action", "x-tc-timestamp", "x-tc-region", "x-tc-version", "authorization", "x-tc-token", "host"]
        ),
        st.sampled_from(
            [
                "",
                "SendEmail",
                "2020-10-02",
                "1",
                "9" * 30,
                "ap-singapore",
                "\x80",
                "SKIP",
                "TC3-HMAC-SHA256 Credential=a/b",
            ]
        ),
    ),
)
def test_nothing_that_is_unsigned_crashes(api, method, content_type, query, body, headers):
    sent = {"x-tc-action": "SendEmail", **headers}

    code = code_of(response_of(api.client.generic(method, f"/?{query}", body, content_type=content_type, headers=sent)))

    assert code
    assert code != "InternalError"


@QUICK
@given(body=st.sampled_from(BODIES), content_type=st.sampled_from(TYPES))
def test_no_signed_body_crashes(api, monkeypatch, body, content_type):
    monkeypatch.setattr(caller, "PER_SECOND", 10_000)
    answer = api.send("SendEmail", body, content_type=content_type or "x")

    assert code_of(response_of(answer)) not in ("", "InternalError")


@QUICK
@given(name=st.sampled_from([*mail(), "Template", "Attachments", "SmtpHeaders", "HeaderFrom", "Cc"]), value=VALUES)
def test_no_value_of_a_parameter_crashes(api, monkeypatch, name, value):
    monkeypatch.setattr(caller, "PER_SECOND", 10_000)

    in_json = api.call("SendEmail", mail(**{name: value}))
    in_form = api.form("SendEmail", {**flatten(mail()), name: str(value)})

    assert {code_of(in_json), code_of(in_form)}.isdisjoint({"InternalError", "RequestLimitExceeded"})


@pytest.mark.parametrize(
    "text", ["\ud800", "\0", "a\nb", "\u202e", "x" * 5000, "<a@example.com>", "@", "a@b", "ä@example.org"]
)
def test_no_text_crashes_where_addresses_and_headers_are_read(api, text):
    for name in ("FromEmailAddress", "HeaderFrom", "ReplyToAddresses", "SmtpMessageId", "SmtpHeaders", "Subject"):
        assert code_of(api.call("SendEmail", mail(**{name: text}))) != "InternalError"
    assert code_of(api.call("SendEmail", mail(Destination=[text]))) != "InternalError"
