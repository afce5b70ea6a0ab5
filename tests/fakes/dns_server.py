"""A name server on loopback that knows what a test tells it. UDP alone: what tests publish is short."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class DnsServer:
    """``texts`` by name; a name in ``broken`` is answered with SERVFAIL; any other does not exist."""

    def __init__(self, port: int) -> None:
        self.texts: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.address = f"127.0.0.1:{port}"

    def publish(self, name: str, *texts: str) -> None:
        self.texts[name.lower()] = list(texts)

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.texts:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif self.texts[name]:
            records = [_quoted(text) for text in self.texts[name]]
            reply.answer.append(dns.rrset.from_text_list(query.question[0].name, 60, "IN", "TXT", records))
        return reply.to_wire()


def _quoted(text: str) -> str:
    """A record takes texts of at most 255 bytes; longer ones are written in parts."""
    return " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))


@contextmanager
def dns_server() -> Iterator[DnsServer]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, sock = self.request
            sock.sendto(server.answer(data), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as listener:
        server: Any = DnsServer(listener.server_address[1])
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            listener.shutdown()
            thread.join()
