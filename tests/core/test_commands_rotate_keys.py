"""manage.py rotate_keys: afterwards the new key alone opens everything, and nothing is lost that no key opens."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from pytest_django import Settings

from notifications import outbox
from notifications.contracts import CodeWish, Lane, TemplateChoice
from notifications.models import MailServer, Message
from notifications.parcel import Outcome
from notifications.states import Verdict
from tenants import canary
from tenants.models import SealCanary, Tenant
from tenants.sealed import Secret, unseal_json
from tests.factories import MailServerFactory, SmsGatewayFactory, send

pytestmark = pytest.mark.django_db


def run() -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out)
    return out.getvalue()


def new_key() -> str:
    return Fernet.generate_key().decode()


def send_code(tenant: Tenant) -> Message:
    choice = TemplateChoice(biz_key="SIGNUP", language="en")
    (id_,) = send(tenant, content=None, template=choice, code=CodeWish()).message_ids
    return Message.across_tenants.get(pk=id_)


def clear_code(message: Message) -> str:
    message.refresh_from_db()
    return str(unseal_json(str(message.secrets))["verificationCode"])


def password(server: MailServer) -> str:
    server.refresh_from_db()
    assert server.password is not None
    return str(server.password.reveal())


def test_afterwards_the_new_key_alone_opens_everything(settings: Settings, seeded: None) -> None:
    own = MailServerFactory(password=Secret.of("hunter2"), credentials=Secret.of('{"api_key": "k"}'))
    platform = SmsGatewayFactory(tenant=None, password=Secret.of("hunter3"))
    canary.check()
    message = send_code(own.tenant)
    code = clear_code(message)
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *settings.FIELD_ENCRYPTION_KEYS]

    answer = run()

    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert answer == "Sealed 5 secrets with the first key.\nThe other keys are not needed any more.\n"
    assert (password(own), password(platform), clear_code(message)) == ("hunter2", "hunter3", code)
    assert own.credentials is not None
    assert own.credentials.reveal() == '{"api_key": "k"}'
    canary.check()


def test_a_code_whose_arrival_is_uncertain_can_still_be_sent_again(settings: Settings, seeded: None) -> None:
    tenant = MailServerFactory(tenant__held_lanes=[Lane.URGENT]).tenant
    message = send_code(tenant)
    code = clear_code(message)
    outbox.settle([(Outcome(message.pk, Verdict.UNCERTAIN), None)], lease=outbox.claim(lane=Lane.URGENT, limit=1))
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *settings.FIELD_ENCRYPTION_KEYS]

    run()

    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert clear_code(message) == code


def test_what_no_key_opens_is_named_and_left_as_it_is(settings: Settings) -> None:
    keys = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [new_key()]
    lost = MailServerFactory(password=Secret.of("hunter2"))
    token = lost.password.token
    settings.FIELD_ENCRYPTION_KEYS = keys
    sound = MailServerFactory(password=Secret.of("hunter3"))
    settings.FIELD_ENCRYPTION_KEYS = [new_key(), *keys]
    out = StringIO()

    with pytest.raises(CommandError, match="Keep the old keys"):
        call_command("rotate_keys", stdout=out)

    assert f"No configured key opens notifications.MailServer {lost.pk} password." in out.getvalue()
    assert MailServer.across_tenants.get(pk=lost.pk).password == Secret(token)
    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert password(sound) == "hunter3"


def test_a_server_s_open_connections_outlive_a_rotation() -> None:
    server = MailServerFactory(password=Secret.of("hunter2"))
    before = MailServer.across_tenants.get().modified_at

    run()

    server.refresh_from_db()
    assert server.modified_at == before


def test_without_a_key_nothing_is_touched(settings: Settings) -> None:
    canary.check()
    before = SealCanary.objects.get().secret
    settings.FIELD_ENCRYPTION_KEYS = []

    with pytest.raises(CommandError, match="no key to seal with"):
        run()

    assert SealCanary.objects.get().secret == before
