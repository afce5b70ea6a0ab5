"""Files beside the JSON: multipart/form-data as curl, browsers and libraries send it."""

import io
import json
from typing import Any

import pytest

from notifications.attachments import load
from notifications.contracts import FileIn
from notifications.models import Message
from tests.facades.angus.conftest import Api, custom, stored

EMAIL = "/api/v1/email"
LOGO = ("logo", "logo.png", b"\x89PNG\r\n\0", "Content-Type: image/png", "Content-ID: <logo>")
NOTE = ("file", "note.txt", b"Hello", "Content-Type: text/plain; charset=utf-8")


def pack(body: Any, *files: tuple[Any, ...], boundary: str = "b", name: str = "body") -> bytes:
    """``files``: (part's name, file name, data, headers…)."""
    pieces = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + json.dumps(body).encode()]
    for field, file_name, data, *headers in files:
        lines = [f'Content-Disposition: form-data; name="{field}"; filename="{file_name}"', *headers]
        pieces.append("\r\n".join([*lines, "", ""]).encode() + data)
    delimiter = f"--{boundary}\r\n".encode()
    return delimiter + (b"\r\n" + delimiter).join(pieces) + f"\r\n--{boundary}--\r\n".encode()


def upload(api: Api, body: Any, *files: tuple[Any, ...], path: str = EMAIL, **options: Any) -> Any:
    headers = options.pop("headers", {})
    boundary = options.get("boundary", "b")
    return api.send_raw(
        path, pack(body, *files, **options), f"multipart/form-data; boundary={boundary}", headers=headers
    )


def e_key(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.json()["ext"].get("eKey", "")


def attached() -> tuple[FileIn, ...]:
    (submission_id,) = set(Message.across_tenants.values_list("submission_id", flat=True))
    return load([submission_id])[submission_id]


@pytest.mark.parametrize("path", [EMAIL, EMAIL + "/", "/innerapi/v1/email"])
@pytest.mark.parametrize("name", ["body", "request"])
def test_files_travel_with_the_mail(api: Api, path: str, name: str) -> None:
    reply = upload(api, custom(), LOGO, NOTE, path=path, name=name)

    assert reply.json()["code"] == "S", reply.json()
    assert attached() == (
        FileIn(name="logo.png", data=b"\x89PNG\r\n\0", content_type="image/png", content_id="logo"),
        FileIn(name="note.txt", data=b"Hello", content_type="text/plain"),
    )


def test_files_of_the_json_come_before_those_beside_it(api: Api) -> None:
    upload(api, custom(attachments=[{"name": "first.txt", "content": "SGk="}]), NOTE)

    assert [(file.name, file.data) for file in attached()] == [("first.txt", b"Hi"), ("note.txt", b"Hello")]


def test_a_form_without_files_is_a_plain_send(api: Api) -> None:
    assert upload(api, custom()).json()["code"] == "S"


def test_a_file_without_a_type_is_plain_bytes(api: Api) -> None:
    upload(api, custom(), ("f", "简历.bin", b"x"))

    assert [(file.name, file.content_type) for file in attached()] == [("简历.bin", "application/octet-stream")]


@pytest.mark.parametrize("bad", [custom(type=...), custom(toAdress=[]), [], "text"])
def test_the_json_is_judged_as_ever(api: Api, bad: Any) -> None:
    alone, beside = api.post(EMAIL, bad), upload(api, bad, NOTE)

    assert e_key(alone) == e_key(beside)
    assert beside.status_code == 400
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize(
    "file",
    [
        ("f", "", b"x"),
        ("f", "../a.txt", b"x"),
        ("f", "x" * 201, b"x"),
        ("f", "a.txt", b"x", "Content-Type: text"),
        ("f", "a.txt", b"x", "Content-ID: <a b>"),
    ],
)
def test_a_file_is_judged_as_one_of_the_json(api: Api, file: tuple[Any, ...]) -> None:
    assert e_key(upload(api, custom(), file)) == (400, "param_validation_error")
    assert stored() == (0, 0, 0)


def test_ten_files_are_the_limit_wherever_they_stand(api: Api) -> None:
    named = custom(attachments=[{"name": "first.txt", "content": "SGk="}])

    assert upload(api, named, *[NOTE] * 9).status_code == 200
    assert e_key(upload(api, named, *[NOTE] * 10)) == (400, "param_validation_error")


def test_files_over_the_limit_are_413(api: Api, settings: Any) -> None:
    settings.MAX_ATTACHMENT_BYTES = 9

    assert e_key(upload(api, custom(), NOTE, NOTE)) == (413, "param_validation_error")
    assert stored() == (0, 0, 0)


class Endless(io.RawIOBase):
    """A client that never stops, and how much of it was taken."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "a body without an end must not be read to its end"
        self.taken += size
        return b"x" * size


@pytest.mark.parametrize("declared", [{"CONTENT_LENGTH": str(10**12)}, {"wsgi.input_terminated": True}])
def test_a_body_over_the_limit_is_413_without_being_read_to_its_end(
    api: Api, settings: Any, declared: dict[str, Any]
) -> None:
    settings.MAX_BODY_BYTES = 1000
    endless = Endless()

    reply = api.client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=EMAIL,
        CONTENT_TYPE="multipart/form-data; boundary=b",
        HTTP_AUTHORIZATION=api.headers["Authorization"],
        **{"wsgi.input": endless, **declared},
    )

    assert reply.status_code == 413
    assert endless.taken <= 1001


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"not a form",
        pack(custom(), NOTE)[:-9],
        pack(custom(), NOTE, name="json"),
        pack(custom(), ("body", "again.json", b"{}")),
        pack(custom()).replace(b"--b--", b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nHello\r\n--b--'),
        pack(custom(), *[NOTE] * 40),
    ],
)
def test_a_form_that_is_none_of_ours_is_unreadable(api: Api, raw: bytes) -> None:
    assert e_key(api.send_raw(EMAIL, raw, "multipart/form-data; boundary=b")) == (400, "param_parsing_error")
    assert stored() == (0, 0, 0)


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed"])
def test_a_form_needs_its_type_and_boundary(api: Api, content_type: str) -> None:
    reply = api.send_raw(EMAIL, pack(custom()), content_type)

    assert reply.status_code in (400, 415)
    assert stored() == (0, 0, 0)


def test_forms_are_taken_only_where_files_belong(api: Api) -> None:
    assert e_key(upload(api, {"ids": ["1"]}, path=EMAIL + "/cancel")) == (415, "media_type_not_supported")


def test_the_same_form_again_is_replayed_though_its_boundary_is_another(api: Api) -> None:
    key = {"Idempotency-Key": "order-1"}

    first = upload(api, custom(), NOTE, headers=key)
    again = upload(api, custom(), NOTE, headers=key, boundary="other")

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Message.across_tenants.count() == 1


def test_another_file_under_the_same_key_is_422(api: Api) -> None:
    key = {"Idempotency-Key": "order-1"}
    upload(api, custom(), NOTE, headers=key)

    for other in (("file", "note.txt", b"Bye"), LOGO):
        assert upload(api, custom(), other, headers=key).status_code == 422
    assert api.post(EMAIL, custom(), headers=key).status_code == 422
