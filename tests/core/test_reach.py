"""Where tenants may have us connect to: not behind our walls, whatever name leads there (FAULTS S4)."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from pytest_django import Settings

from notifications import servers
from notifications.delivery.deliver import deliver_due
from notifications.delivery.transports.guarded_requests import PublicAdapter
from notifications.delivery.transports.smtp_wire import HostRefused, Wire
from notifications.errors import PlaceRefused
from notifications.models import MailServer, Message, RouteHealth
from notifications.networks import is_public, leads_inside
from tenants.models import Tenant
from tests.factories import MailServerFactory, TenantFactory, send

INSIDE = (
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.0.0.1",
    "100.64.0.1", "169.254.169.254", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "fe80::1", "fe80::1%lo", "fc00::1", "fd00:ec2::254",
    "ff02::1", "2001:db8::1", "3fff::1", "fec0::1", "64:ff9b:1::a00:1", "::ffff:0:7f00:1", "100::1", "4000::1",
    "2001::1", "0.1.2.3", "192.0.2.1", "198.51.100.7",
)  # fmt: skip
OUTSIDE = ("1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")


@pytest.mark.parametrize("address", INSIDE)
def test_what_only_we_can_reach_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_anybody_can_reach_is_public(address: str) -> None:
    assert is_public(address)


def test_there_are_forty_hostile_addresses() -> None:
    assert len(set(INSIDE)) >= 40


def test_one_inner_address_among_public_ones_is_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    opened: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: opened.append(address))

    with pytest.raises(HostRefused):
        Wire.connect("half.test", 25, timeout_s=1, public_only=True)
    with requests.Session() as session:
        session.mount("https://", PublicAdapter())
        with pytest.raises(requests.ConnectionError, match="public internet"):
            session.get("https://half.test/", timeout=1)

    assert leads_inside("half.test")
    assert not opened


def test_a_network_may_be_allowed_besides() -> None:
    assert is_public("10.1.2.3", besides=["10.0.0.0/8"])
    assert is_public("::ffff:10.1.2.3", besides=["10.0.0.0/8"])
    assert not is_public("192.168.1.1", besides=["10.0.0.0/8"])


@pytest.fixture
def tenant(db: None, settings: Settings) -> Tenant:
    """Of an operator who keeps tenants to the public internet."""
    settings.ALLOW_PRIVATE_SERVERS = False
    return TenantFactory()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A name service in which a name may have other addresses the next time it is asked."""
    answers: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def look_up(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **options)
        address = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return answers


@pytest.fixture
def trap() -> Iterator[tuple[int, Callable[[], bool]]]:
    """A port on loopback, and whether anybody knocked."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)

        def was_touched() -> bool:
            try:
                listener.accept()[0].close()
            except TimeoutError:
                return False
            return True

        yield listener.getsockname()[1], was_touched


def create(tenant: Tenant | None, **fields: Any) -> MailServer:
    defaults = {"name": "Main", "host": "smtp.public.test", "port": 587, "from_address": "noreply@example.com"}
    return servers.create(tenant_id=tenant.pk if tenant else None, fields=defaults | fields)


def refused_field(**fields: Any) -> str:
    with pytest.raises(PlaceRefused) as refusal:
        create(**fields)
    assert str(refusal.value).count("2525") == 1
    return str(refusal.value.params["field"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.1", "::1", "169.254.169.254"])
def test_a_tenants_server_inside_is_refused(tenant: Tenant, host: str) -> None:
    assert refused_field(tenant=tenant, host=host) == "host"


@pytest.mark.parametrize("port", [22, 80, 443, 5432, 6379, 24, 26, 2526])
def test_a_tenants_server_at_another_port_is_refused(tenant: Tenant, port: int, names: Any) -> None:
    names["smtp.public.test"] = ["1.1.1.1"]

    assert refused_field(tenant=tenant, port=port) == "port"


@pytest.mark.parametrize("port", [25, 465, 587, 2525])
def test_a_tenants_server_on_the_public_internet_is_stored(tenant: Tenant, port: int, names: Any) -> None:
    names["smtp.public.test"] = ["1.1.1.1"]

    assert create(tenant, port=port).pk


def test_a_name_that_cannot_be_looked_up_now_is_judged_by_the_workers(tenant: Tenant) -> None:
    assert create(tenant, host="nowhere.invalid").pk


def test_a_server_cannot_be_moved_inside_but_may_be_renamed(tenant: Tenant, names: Any) -> None:
    names["smtp.public.test"] = ["1.1.1.1"]
    server = create(tenant)

    with pytest.raises(PlaceRefused):
        servers.update(MailServer.across_tenants.get(pk=server.pk), {"host": "10.0.0.1"})

    names["smtp.public.test"] = ["10.0.0.1"]
    servers.update(MailServer.across_tenants.get(pk=server.pk), {"remark": "as it was"})
    assert MailServer.across_tenants.get().host == "smtp.public.test"


def test_the_platform_and_a_trusting_operators_tenants_may_be_anywhere(tenant: Tenant, settings: Settings) -> None:
    assert create(None, host="10.0.0.1", port=1025).pk

    settings.ALLOW_PRIVATE_SERVERS = True

    assert create(tenant, host="10.0.0.1", port=1025).pk


@pytest.mark.parametrize(
    ("options", "is_refused"),
    [
        ({"api_url": "https://127.0.0.1/v3"}, True),
        ({"api_url": "http://1.1.1.1/v3"}, True),
        ({"api_url": "https://user@1.1.1.1/v3"}, True),
        ({"api_url": "https://1.1.1.1/v3"}, False),
        ({}, False),
    ],
)
def test_the_address_of_an_email_service_is_judged_too(
    tenant: Tenant, options: dict[str, Any], is_refused: bool
) -> None:
    fields = {"kind": "anymail", "service": "mailgun", "host": "", "options": options, "credentials": {"api_key": "k"}}
    if is_refused:
        assert refused_field(tenant=tenant, **fields) == "options"
    else:
        assert create(tenant, **fields).pk


@pytest.mark.django_db(transaction=True)
def test_a_name_that_has_moved_inside_is_not_followed(
    tenant: Tenant, names: Any, trap: Any, settings: Settings
) -> None:
    port, was_touched = trap
    settings.ALLOW_PRIVATE_SERVERS = True
    MailServerFactory(tenant=tenant, host="rebinding.test", port=port)
    settings.ALLOW_PRIVATE_SERVERS = False
    names["rebinding.test"] = ["127.0.0.1"]
    send(tenant)

    deliver_due()

    assert not was_touched()
    assert RouteHealth.objects.get().failures == 1
    assert Message.across_tenants.get().status == "PENDING"


@pytest.mark.django_db(transaction=True)
def test_at_a_port_of_mail_the_address_decides(tenant: Tenant, names: Any) -> None:
    MailServerFactory(tenant=tenant, host="rebinding.test", port=2525)
    names["rebinding.test"] = ["127.0.0.1"]
    send(tenant)

    deliver_due()

    assert "public internet" in RouteHealth.objects.get().words


@pytest.mark.django_db(transaction=True)
def test_an_email_service_that_has_moved_inside_is_not_followed(
    tenant: Tenant, names: Any, trap: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    port, was_touched = trap
    # A proxy, which would follow any name, stands where the server would be.
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    MailServerFactory(
        tenant=tenant,
        kind="anymail",
        service="mailgun",
        host="",
        options={"api_url": f"https://rebinding.test:{port}/v3", "sender_domain": "example.com", "api_key": "k"},
    )
    # Public when the session looks, inside when the connection is made.
    names["rebinding.test"] = ["1.1.1.1", "127.0.0.1"]
    send(tenant)

    deliver_due()

    assert not was_touched()
    assert Message.across_tenants.get().status == "PENDING"
