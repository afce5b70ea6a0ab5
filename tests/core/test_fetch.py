"""Attachments by address: what is fetched, what is refused, and that no socket is opened for a refusal."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from notifications import fetch
from notifications.contracts import FileAt, FileIn
from notifications.errors import AttachmentUnreachable, AttachmentUnsupported

#: Inner addresses in every notation that resolvers and parsers have been known to read.
HOSTILE = [
    "https://127.0.0.1/", "https://127.1/", "https://127.255.255.254/", "https://0.0.0.0/", "https://0/",
    "https://localhost/", "https://localhost.localdomain/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[fe80::1]/", "https://[fc00::1]/", "https://[fd00:ec2::254]/", "https://[ff02::1]/",
    "https://169.254.169.254/latest/meta-data/", "https://[::ffff:169.254.169.254]/", "https://100.64.0.1/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/", "https://192.0.0.1/",
    "https://198.18.0.1/", "https://203.0.113.1/", "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/",
    "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://0x7f.1/", "https://0177.0.0.1/",
    "https://127.0.0.1:{port}/", "https://localhost:{port}/", "http://127.0.0.1:{port}/", "http://example.com/",
    "file:///etc/passwd", "gopher://127.0.0.1:{port}/", "ftp://127.0.0.1/", "dict://127.0.0.1:{port}/",
    "data:text/plain,x", "jar:https://127.0.0.1/!/", "//127.0.0.1/", "https:///etc/passwd", "https://", "https://user:pass@127.0.0.1/",
    "https://example.com@127.0.0.1/", "https://127.0.0.1\\@example.com/", "https://127.0.0.1:99999/", "https://[::1",
    "https://127.0.0.1%2f@example.com/", "https://exa mple.com/", "https://127。0。0。1/", "HTTPS://LOCALHOST/",
]  # fmt: skip


class _Files(BaseHTTPRequestHandler):
    """A file server on loopback with a few bad habits."""

    def do_GET(self) -> None:
        match self.path:
            case "/invoice.pdf":
                self._answer(200, b"%PDF", {"Content-Type": "application/pdf; charset=x"})
            case "/big":
                self._answer(200, b"x" * (fetch.MAX_BYTES + 1), {})
            case "/packed":
                self._answer(200, b"x", {"Content-Encoding": "gzip"})
            case "/twice":
                self._answer(302, b"", {"Location": "/invoice.pdf"})
            case "/round":
                self._answer(302, b"", {"Location": "/round"})
            case "/inside":
                self._answer(302, b"", {"Location": "https://169.254.169.254/latest/meta-data/"})
            case "/to-file":
                self._answer(302, b"", {"Location": "file:///etc/passwd"})
            case _:
                self._answer(404, b"", {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has read enough
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def files(settings: Any) -> Iterator[str]:
    """The address of the file server, which the operator has permitted."""
    settings.FETCH_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """Listens where hostile addresses lead; nobody may ever come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        yield listener


def get(url: str) -> FileIn:
    (file,) = fetch.fetch_all([FileAt(name="a", url=url)])
    return file


@pytest.mark.parametrize("template", HOSTILE)
def test_no_socket_is_opened_towards_inner_addresses(template: str, trap: socket.socket) -> None:
    with pytest.raises(AttachmentUnsupported):
        get(template.replace("{port}", str(trap.getsockname()[1])))

    with pytest.raises(TimeoutError):
        trap.accept()


def test_there_are_forty_hostile_targets() -> None:
    assert len(set(HOSTILE)) >= 40


def test_a_name_that_resolves_to_an_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)

    with pytest.raises(AttachmentUnsupported, match="public internet"):
        get("https://rebinding.example/")


def test_a_file_is_fetched_with_its_type(files: str) -> None:
    file = get(f"{files}/invoice.pdf")

    assert (file.data, file.content_type) == (b"%PDF", "application/pdf")


def test_a_redirect_is_followed(files: str) -> None:
    assert get(f"{files}/twice").data == b"%PDF"


def test_files_keep_their_order_among_those_sent_along(files: str) -> None:
    mine = FileIn(name="b", data=b"mine")

    fetched = fetch.fetch_all([FileAt(name="a", url=f"{files}/invoice.pdf"), mine])

    assert [file.data for file in fetched] == [b"%PDF", b"mine"]


@pytest.mark.parametrize("path", ["inside", "to-file", "round", "big", "packed", "missing"])
def test_what_a_server_may_try_is_refused(files: str, path: str) -> None:
    with pytest.raises(AttachmentUnsupported):
        get(f"{files}/{path}")


def test_a_server_that_does_not_answer_in_time_is_given_up(
    settings: Any, monkeypatch: pytest.MonkeyPatch, trap: socket.socket
) -> None:
    settings.FETCH_ALLOWED_NETWORKS = ["127.0.0.1/32"]
    monkeypatch.setattr(fetch, "DEADLINE_S", 0.3)

    with pytest.raises(AttachmentUnreachable):
        get(f"http://127.0.0.1:{trap.getsockname()[1]}/")
