"""What a fresh instance holds: an operator, two tenants with keys, a user who may send, a mail server that is the
catcher, a gateway that captures SMS.

Made by prepare.py. What still works of the last run is kept; the rest is made anew.
"""

import secrets
from typing import Any

from django.contrib.auth import get_user_model

from config.standalone import examples
from config.standalone.ports import HOST
from notifications import servers
from notifications.models import MailServer, SmsGateway
from notifications.models.route import Protocol, ServerKind
from tenants import signing
from tenants.auth import hash_token, issue_key
from tenants.models import ApiKey, Contact, SenderIdentity, SigningKey, Tenant
from tenants.models.api_key import Scope

_ADMIN = "admin"
_SERVER = "Mail catcher"
_GATEWAY = "SMS capture"
#: The user that the demo key acts for, where an API has users.
_USER_ID, _USER_ADDRESS = 1, "office@demo.example"
#: Of Tencent Cloud's own examples, so that they can be tried as they stand. All mail goes to the catcher.
_EXAMPLES_SENDER = "noreply@mail.qcloud.com"
_EVERYTHING = [scope.value for scope in Scope]
_INNER = [
    scope.value for scope in (Scope.INNER_API_TRUST, Scope.EMAIL_SEND, Scope.EMAIL_READ, Scope.SMS_SEND, Scope.SMS_READ)
]

Summary = dict[str, Any]


def ensure(earlier: Summary, *, smtp_port: int) -> Summary:
    """The part of the summary that names rows, given that of the last run (empty before the first)."""
    tenant = _tenant("demo", name="Demo")
    other = _tenant("other", name="Other tenant")
    _point_to_catcher(tenant, smtp_port)
    _capture_sms(tenant)
    _let_send(tenant)
    examples.ensure_templates(tenant)
    return {
        "admin": {"username": _ADMIN, "password": _password(earlier.get("admin", {}).get("password"))},
        "tenant_id": tenant.pk,
        "api_key": _key(tenant, earlier.get("api_key"), name="quickstart", scopes=_EVERYTHING, user_id=_USER_ID),
        "inner_api_key": _key(tenant, earlier.get("inner_api_key"), name="quickstart, internal", scopes=_INNER),
        "other_tenant": {
            "tenant_id": other.pk,
            "api_key": _key(
                other, earlier.get("other_tenant", {}).get("api_key"), name="quickstart", scopes=_EVERYTHING
            ),
        },
        "tencent": _signing_key(tenant, earlier.get("tencent", {})),
        "works": {"user_id": str(_USER_ID), "email": _USER_ADDRESS},
    }


def _tenant(code: str, *, name: str) -> Tenant:
    return Tenant.objects.get_or_create(code=code, defaults={"name": name})[0]


def _password(earlier: str | None) -> str:
    user = get_user_model().objects.filter(username=_ADMIN).first()
    if user is not None and earlier is not None and user.check_password(earlier):
        return earlier
    password = secrets.token_urlsafe(12)
    if user is None:
        get_user_model().objects.create_superuser(_ADMIN, email="", password=password)
    else:
        user.set_password(password)
        user.save(update_fields=["password"])
    return password


def _key(tenant: Tenant, earlier: str | None, *, name: str, scopes: list[str], user_id: int = -1) -> str:
    if earlier is not None:
        keys = ApiKey.objects.for_tenant(tenant.pk).filter(secret_hash=hash_token(earlier), revoked_at=None)
        if keys.filter(expires_at=None, scopes=sorted(scopes), user_id=user_id).exists():
            return earlier
    return issue_key(tenant, name=name, scopes=scopes, user_id=user_id)[1]


def _signing_key(tenant: Tenant, earlier: Summary) -> Summary:
    """For clients of Tencent Cloud SES."""
    scopes = sorted(_EVERYTHING)
    keys = SigningKey.objects.for_tenant(tenant.pk).filter(revoked_at=None, expires_at=None, scopes=scopes)
    kept = keys.filter(secret_id=earlier.get("secret_id")).first()
    if kept is not None and kept.secret_key.reveal() == earlier.get("secret_key"):
        return earlier
    key, clear = signing.issue(tenant, name="quickstart", scopes=scopes)
    return {"secret_id": key.secret_id, "secret_key": clear, "region": "ap-singapore"}


def _let_send(tenant: Tenant) -> None:
    """The demo's user is in the directory, and its server may send as that, and as the senders of known examples."""
    if not Contact.objects.for_tenant(tenant.pk).filter(user_id=_USER_ID).exists():
        Contact(tenant=tenant, user_id=_USER_ID, email=_USER_ADDRESS, name="Demo office").save(force_insert=True)
    for sender in (_USER_ADDRESS, _EXAMPLES_SENDER):
        if not SenderIdentity.objects.for_tenant(tenant.pk).filter(value=sender).exists():
            SenderIdentity(tenant=tenant, value=sender).save(force_insert=True)


def _point_to_catcher(tenant: Tenant, smtp_port: int) -> None:
    address = {"host": HOST, "port": smtp_port}
    server = MailServer.objects.visible_to(tenant.pk).filter(tenant=None, name=_SERVER).first()
    if server is None:
        fields = {"name": _SERVER, "from_address": "noreply@demo.example", "from_name": "Angarium"}
        plain = {"starttls": False, "implicit_tls": False, "auth_enabled": False}
        servers.create(tenant_id=None, fields=fields | plain | address)
    elif (server.host, server.port) != (HOST, smtp_port):
        servers.update(server, address)


def _capture_sms(tenant: Tenant) -> None:
    if not SmsGateway.objects.visible_to(tenant.pk).filter(tenant=None, name=_GATEWAY).exists():
        fields = {"name": _GATEWAY, "kind": ServerKind.CAPTURE, "from_address": "Angarium"}
        servers.create(tenant_id=None, fields=fields, protocol=Protocol.SMS)
