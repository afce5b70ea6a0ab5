"""Rows to begin a test with. Messages are made through the door (``submit``), as everybody makes them."""

from typing import Any

from django.db.models import Model, QuerySet
from django.utils import timezone
from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from notifications.contracts import Address, Content, Receipt, SendRequest, TemplateChoice
from notifications.models import MailServer, SmsGateway
from notifications.states import Status
from notifications.submit import submit
from templates_app.models import BizKeyBinding, Template
from templates_app.publishing import draft, publish, translation_of
from tenants.auth import issue_key
from tenants.models import Contact, ContactGroup, GroupMember, Membership, SenderIdentity, Tenant
from tenants.models.api_key import Scope


class RowFactory(DjangoModelFactory[Any]):
    """Saves rows itself: ``objects`` of tenant-owned models creates nothing without a tenant.

    ``__new__`` of the factories below is for the type checker alone; factory-boy makes the row before it is asked.
    """

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type[Model], *args: Any, **kwargs: Any) -> Model:
        row = model_class(*args, **kwargs)
        row.save(force_insert=True)
        return row


class TenantFactory(RowFactory):
    class Meta:
        model = Tenant

    def __new__(cls, **fields: Any) -> Tenant: ...  # type: ignore[empty-body, misc]

    code = Sequence(lambda n: f"tenant-{n}")
    name = LazyAttribute(lambda tenant: tenant.code.title())
    default_language = "en"


class MembershipFactory(RowFactory):
    class Meta:
        model = Membership

    def __new__(cls, **fields: Any) -> Membership: ...  # type: ignore[empty-body, misc]


class SenderIdentityFactory(RowFactory):
    class Meta:
        model = SenderIdentity

    def __new__(cls, **fields: Any) -> SenderIdentity: ...  # type: ignore[empty-body, misc]

    value = "billing@example.com"


class ContactFactory(RowFactory):
    class Meta:
        model = Contact

    def __new__(cls, **fields: Any) -> Contact: ...  # type: ignore[empty-body, misc]

    email = Sequence(lambda n: f"person{n}@example.org")


class ContactGroupFactory(RowFactory):
    class Meta:
        model = ContactGroup

    def __new__(cls, **fields: Any) -> ContactGroup: ...  # type: ignore[empty-body, misc]

    number = Sequence(lambda n: n + 1)
    name = Sequence(lambda n: f"group {n + 1}")


def join(group: ContactGroup, *contacts: Contact) -> None:
    """Makes contacts members of a group of their tenant."""
    members = [GroupMember(tenant_id=group.tenant_id, group=group, contact=contact) for contact in contacts]
    GroupMember.objects.for_tenant(group.tenant_id).bulk_create(members)


class MailServerFactory(RowFactory):
    """A plain local server, enabled; ``tenant=None`` makes it the platform's."""

    class Meta:
        model = MailServer

    def __new__(cls, **fields: Any) -> MailServer: ...  # type: ignore[empty-body, misc]

    tenant = SubFactory(TenantFactory)
    name = Sequence(lambda n: f"server {n}")
    enabled = True
    host = "127.0.0.1"
    port = 9
    starttls = False
    auth_enabled = False
    from_address = "noreply@example.com"


class SmsGatewayFactory(RowFactory):
    """One that keeps what it is given in files, enabled; ``tenant=None`` makes it the platform's."""

    class Meta:
        model = SmsGateway

    def __new__(cls, **fields: Any) -> SmsGateway: ...  # type: ignore[empty-body, misc]

    tenant = SubFactory(TenantFactory)
    protocol = "SMS"
    kind = "capture"
    name = Sequence(lambda n: f"gateway {n}")
    enabled = True
    from_address = "Angarium"


def make_key(tenant: Tenant, *scopes: str, **options: Any) -> str:
    """The text of a new key; without scopes it may do everything."""
    _, token = issue_key(tenant, name="test", scopes=scopes or Scope.values, **options)
    return token


def make_request(*recipients: str, **changes: Any) -> SendRequest:
    """A small mail of the caller's own words to ``recipients``."""
    to = tuple(Address(recipient) for recipient in recipients or ("ann@example.org",))
    return SendRequest(
        **{
            "facade": "test",
            "recipients": to,
            "content": Content(subject="Hello", text="It works."),
            **changes,
        }
    )


def make_template(tenant: Tenant, biz_key: str, *, subject: str, text: str) -> None:
    """A published English template of the tenant's own, bound to ``biz_key``; codes in it live for ten minutes."""
    template = Template(tenant=tenant, code="OWN", name="Own", verification_code=True, code_validity_s=600)
    template.save(force_insert=True)
    publish(draft(translation_of(template, "en"), subject=subject, text=text))
    BizKeyBinding(tenant=tenant, biz_key=biz_key, template=template).save(force_insert=True)


def by_template(biz_key: str | None, **facts: Any) -> dict[str, Any]:
    """The change that makes a request one by template."""
    return {"content": None, "template": TemplateChoice(biz_key=biz_key, language="en", **facts)}


def send(tenant: Tenant, *recipients: str, **changes: Any) -> Receipt:
    """Submits ``make_request`` for a tenant that has a server."""
    return submit(tenant, make_request(*recipients, **changes))


def fitting(columns: dict[str, Any]) -> dict[str, Any]:
    """A message's columns, with the end that its status implies, or the status that its end implies."""
    if "status" in columns:
        return {"finished_at": None if columns["status"] == Status.PENDING else timezone.now(), **columns}
    if "finished_at" in columns:
        return {"status": Status.SENT if columns["finished_at"] else Status.PENDING, **columns}
    return columns


def end(messages: "QuerySet[Any]", status: str, **columns: Any) -> None:
    """As if they had come to that; their rows of the outbox, if any, stay."""
    messages.update(**fitting({"status": status, **columns}))
