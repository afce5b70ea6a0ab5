"""Mail that returns to another address than it shows, and mail with the caller's own Message-ID."""

import pytest

from notifications.contracts import Address
from notifications.delivery.compose import compose
from notifications.errors import SenderNotAllowed
from notifications.models import Message
from tests.factories import MailServerFactory, SenderIdentityFactory, send

pytestmark = pytest.mark.django_db


def composed(server, **changes):
    receipt = send(server.tenant, **changes)
    row = Message.objects.for_tenant(server.tenant_id).select_related("submission").get(pk=receipt.message_ids[0])
    return compose(row, server)


def test_the_envelope_and_the_message_id_are_the_caller_s_own_where_given():
    server = MailServerFactory()
    SenderIdentityFactory(tenant=server.tenant, value="@example.com")

    shown = Address("news@example.com", "News")
    mail = composed(server, sender=shown, envelope_from="bounces@example.com", rfc_message_id="<a@example.com>")

    assert (mail.sender, mail.mail_from, mail.rfc_message_id) == (shown, "bounces@example.com", "<a@example.com>")


def test_without_them_mail_returns_to_whom_it_shows():
    mail = composed(MailServerFactory())

    assert mail.mail_from == mail.sender.email
    assert mail.rfc_message_id == f"<{mail.message_id}@angarium.localhost>"


def test_the_envelope_s_sender_is_one_that_the_tenant_may_use():
    server = MailServerFactory()

    with pytest.raises(SenderNotAllowed):
        composed(server, envelope_from="bounces@example.org")
