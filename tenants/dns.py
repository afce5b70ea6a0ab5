"""Texts that are published in the DNS, asked for now and within bounds; nothing is remembered."""

from collections.abc import Iterator

import dns.exception
import dns.resolver
from django.conf import settings

from tenants.errors import DnsUnavailable

#: For one server's answer, and for the whole question with its retries.
_TIMEOUT_S = 2.0
_LIFETIME_S = 5.0
#: A name with more than this many texts is not one that somebody set up for mail.
_MAX_TEXTS = 50


def find_texts(name: str) -> tuple[str, ...]:
    """The TXT records of a name, each joined from its parts; none where nothing is published. Raises DnsUnavailable."""
    try:
        answer = _resolver().resolve(name, "TXT", lifetime=_LIFETIME_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except dns.exception.DNSException as error:
        # Silence and SERVFAIL say nothing about what is published.
        raise DnsUnavailable(name=name) from error
    texts = sorted(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return tuple(texts[:_MAX_TEXTS])


def _resolver() -> dns.resolver.Resolver:
    if not settings.DNS_SERVERS:
        resolver = dns.resolver.Resolver()
    else:
        resolver = dns.resolver.Resolver(configure=False)
        servers = list(_servers())
        resolver.nameservers = [address for address, _ in servers]
        resolver.nameserver_ports = dict(servers)
    resolver.timeout = _TIMEOUT_S
    return resolver


def _servers() -> Iterator[tuple[str, int]]:
    """``127.0.0.1``, ``127.0.0.1:5353``, ``2001:db8::53`` or ``[2001:db8::53]:5353``."""
    for written in settings.DNS_SERVERS:
        if written.startswith("["):
            address, _, port = written[1:].partition("]")
            yield address, int(port.removeprefix(":") or 53)
        elif written.count(":") == 1:
            address, _, port = written.partition(":")
            yield address, int(port)
        else:
            yield written, 53
