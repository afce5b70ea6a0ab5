"""Which addresses strangers may have us connect to: those that anybody could reach. Pure, but for the look-up of names.

What is judged is an address, never a name: a name may lead anywhere, and elsewhere the next time.
"""

import ipaddress
import socket
from collections.abc import Iterable

_IPV4_INSIDE = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
#: All that is routed between networks (RFC 4291 2.4), but for what is kept for documentation (RFC 9637). The library of
#: Python 3.11 takes site-local, translated and unassigned addresses for public ones.
_IPV6_UNICAST = ipaddress.ip_network("2000::/3")
_IPV6_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
#: Where mail servers listen to clients: 25, 465 and 587 by standard, 2525 where providers block those.
MAIL_PORTS = (25, 465, 587, 2525)


def is_public(address: str, *, besides: Iterable[str] = ()) -> bool:
    """Public unicast, also behind the notations that wrap an IPv4 address; or inside one of ``besides``, networks."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    besides = list(besides)
    if any(ip in ipaddress.ip_network(network) for network in besides):
        return True
    if isinstance(ip, ipaddress.IPv6Address):
        # ::ffff:a.b.c.d, 2002::/16, 64:ff9b::/96 and ::/96 lead to an IPv4 address that is judged instead of them.
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and any(ip in network for network in _IPV4_INSIDE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner), besides=besides)
        if ip not in _IPV6_UNICAST or ip in _IPV6_DOCUMENTATION:
            return False
    return ip.is_global and not ip.is_multicast


def leads_inside(host: str) -> bool:
    """Has this name an address that is not public, as far as it can be looked up now?"""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)
