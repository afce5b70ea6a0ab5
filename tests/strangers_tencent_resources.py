"""What a stranger tries with the owner's templates, mail, block list, domains, recipient lists and tasks over
Tencent Cloud's API, and gets nothing (see ``tests/facades/tencent/test_strangers.py``).
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from notifications import batches, recipient_lists, suppression
from notifications.batches import Wish
from notifications.contracts import Address, Channel
from notifications.models import BatchTask, RecipientList, Suppression
from notifications.recipient_lists import NewEntry
from notifications.suppression import Entry
from templates_app.models import TemplateVersion
from tenants import identities, signing
from tenants.models import SenderDomain, SenderIdentity, Tenant
from tenants.models.api_key import Scope
from tests.facades.tencent.client import TencentApi, code_of
from tests.factories import SenderIdentityFactory
from tests.strangers import Stranger

Case = Callable[[Stranger], None]

CONTENT = {"TemplateName": "Mine", "TemplateContent": {"Text": "TWluZQ=="}}
PAGE = {"Offset": 0, "Limit": 100}
DOMAIN = "mail.example.com"


def call(stranger: Stranger, action: str, params: dict[str, Any]) -> dict[str, Any]:
    key, clear = signing.issue(stranger.tenant, name="stranger", scopes=Scope.values)
    return TencentApi(key.secret_id, clear).call(action, params)


def refused(action: str, code: str, params: Callable[[Stranger], dict[str, Any]]) -> Case:
    """The owner's rows are named, and answered as if they were not there; nothing has changed."""

    def case(stranger: Stranger) -> None:
        wanted = params(stranger)
        before = state(stranger.owner)
        assert code_of(call(stranger, action, wanted)) == code
        assert state(stranger.owner) == before

    return case


def empty(action: str, rows: str, make: Callable[[Tenant], Any], params: dict[str, Any]) -> Case:
    """A list in which the owner's rows do not appear."""

    def case(stranger: Stranger) -> None:
        make(stranger.owner)
        assert call(stranger, action, params)[rows] == []

    return case


def harmless(action: str, make: Callable[[Tenant], Any], params: dict[str, Any]) -> Case:
    """What names no id may succeed, and leaves the owner's rows as they were."""

    def case(stranger: Stranger) -> None:
        make(stranger.owner)
        before = state(stranger.owner)
        call(stranger, action, params)
        assert state(stranger.owner) == before

    return case


def state(owner: Tenant) -> list[Any]:
    models = (SenderDomain, SenderIdentity, RecipientList, BatchTask, Suppression)
    return [list(model.objects.for_tenant(owner.pk).order_by("pk").values()) for model in models] + [
        list(TemplateVersion.objects.filter(translation__template__tenant=owner).values()),
        list(TemplateVersion.objects.filter(translation__template__tenant=owner).values("translation__published")),
    ]


def domain(owner: Tenant) -> SenderDomain:
    return identities.create(owner.pk, DOMAIN, key_bits=1024)


def sender(owner: Tenant) -> Any:
    return SenderIdentityFactory(tenant=owner, value=f"news@{DOMAIN}")


def people(owner: Tenant) -> RecipientList:
    made = recipient_lists.create(owner.pk, name="Theirs")
    recipient_lists.add(owner.pk, made.pk, [NewEntry("ann@example.org")])
    return made


def task(owner: Tenant) -> BatchTask:
    wish = Wish("News", Address("noreply@example.com"), text="Hello")
    return batches.create(owner, people(owner).pk, wish, kind=batches.Kind.NOW, facade="tencent")


def blocked(owner: Tenant) -> Suppression:
    suppression.add(owner.pk, Channel.EMAIL, [Entry("blocked@example.org")])
    return Suppression.objects.for_tenant(owner.pk).get()


def _template(**more: Any) -> Callable[[Stranger], dict[str, Any]]:
    return lambda stranger: {"TemplateID": stranger.foreign_template(), **more}


def _domain(**more: Any) -> Callable[[Stranger], dict[str, Any]]:
    return lambda stranger: {"EmailIdentity": domain(stranger.owner).name, **more}


def _list(**more: Any) -> Callable[[Stranger], dict[str, Any]]:
    return lambda stranger: {"ReceiverId": people(stranger.owner).pk, **more}


def _days() -> dict[str, Any]:
    day = timezone.localdate().isoformat()
    return {"StartDate": day, "EndDate": day}


def list_templates(stranger: Stranger) -> None:
    stranger.foreign_template()
    assert call(stranger, "ListEmailTemplates", PAGE)["TemplatesMetadata"] == []


def report(stranger: Stranger) -> None:
    assert call(stranger, "GetStatisticsReport", _days())["OverallVolume"]["RequestCount"] == 0


def statuses(stranger: Stranger) -> None:
    params = {**PAGE, "RequestDate": timezone.localdate().isoformat()}
    for more in ({}, {"MessageId": "order-1"}, {"ToEmailAddress": "ann@example.org"}):
        assert call(stranger, "GetSendEmailStatus", params | more)["EmailStatusList"] == []


def list_black(stranger: Stranger) -> None:
    blocked(stranger.owner)
    assert call(stranger, "ListBlackEmailAddress", PAGE | _days())["BlackList"] == []


def change_custom(stranger: Stranger) -> None:
    row = blocked(stranger.owner)
    answer = call(stranger, "UpdateCustomBlackList", {"Id": row.pk, "Email": "x@example.org"})
    assert code_of(answer) == "ResourceNotFound"
    assert blocked(stranger.owner).address == "blocked@example.org"


def send_batch(stranger: Stranger) -> None:
    params = {"FromEmailAddress": "noreply@example.com", "Subject": "Hi", "TaskType": 1, "Simple": {"Text": "aGk="}}
    params |= {"ReceiverId": people(stranger.owner).pk}
    assert code_of(call(stranger, "BatchSendEmail", params)) == "OperationDenied.ReceiverNotExist"
    assert not BatchTask.across_tenants.exists()


_NO_TEMPLATE = "InvalidParameterValue.TemplateNotExist"
_NO_DOMAIN = "InvalidParameterValue.NotExistDomain"
_NO_LIST = "OperationDenied.ReceiverNotExist"
_DATAS = [{"Email": "x@example.org", "TemplateData": "{}"}]

ACTIONS: dict[str, Case] = {
    "CreateEmailTemplate": harmless("CreateEmailTemplate", lambda _: None, CONTENT),
    "GetEmailTemplate": refused("GetEmailTemplate", _NO_TEMPLATE, _template()),
    "UpdateEmailTemplate": refused("UpdateEmailTemplate", _NO_TEMPLATE, _template(**CONTENT)),
    "DeleteEmailTemplate": refused("DeleteEmailTemplate", _NO_TEMPLATE, _template()),
    "ListEmailTemplates": list_templates,
    "GetSendEmailStatus": statuses,
    "GetStatisticsReport": report,
    "ListBlackEmailAddress": list_black,
    "DeleteBlackList": harmless("DeleteBlackList", blocked, {"EmailAddressList": ["blocked@example.org"]}),
    "CreateCustomBlacklist": harmless("CreateCustomBlacklist", blocked, {"Emails": ["blocked@example.org"]}),
    "ListCustomBlacklist": empty("ListCustomBlacklist", "Data", blocked, PAGE | {"Status": 2}),
    "UpdateCustomBlackList": change_custom,
    "DeleteCustomBlackList": harmless("DeleteCustomBlackList", blocked, {"Emails": ["blocked@example.org"]}),
    "CreateEmailIdentity": harmless("CreateEmailIdentity", domain, {"EmailIdentity": DOMAIN}),
    "GetEmailIdentity": refused("GetEmailIdentity", _NO_DOMAIN, _domain()),
    "UpdateEmailIdentity": refused("UpdateEmailIdentity", _NO_DOMAIN, _domain(DKIMOption=1)),
    "DeleteEmailIdentity": refused("DeleteEmailIdentity", _NO_DOMAIN, _domain()),
    "ListEmailIdentities": empty("ListEmailIdentities", "EmailIdentities", domain, {}),
    "CreateEmailAddress": refused(
        "CreateEmailAddress", _NO_DOMAIN, lambda stranger: {"EmailAddress": f"x@{domain(stranger.owner).name}"}
    ),
    "DeleteEmailAddress": refused(
        "DeleteEmailAddress",
        "InvalidParameterValue.NoSuchSender",
        lambda stranger: {"EmailAddress": sender(stranger.owner).value},
    ),
    "ListEmailAddress": empty("ListEmailAddress", "EmailSenders", sender, {}),
    "CreateReceiver": harmless("CreateReceiver", people, {"ReceiversName": "Theirs"}),
    "CreateReceiverDetail": refused("CreateReceiverDetail", _NO_LIST, _list(Emails=["x@example.org"])),
    "CreateReceiverDetailWithData": refused("CreateReceiverDetailWithData", _NO_LIST, _list(Datas=_DATAS)),
    "ListReceivers": empty("ListReceivers", "Data", people, PAGE),
    "ListReceiverDetails": refused("ListReceiverDetails", _NO_LIST, _list(**PAGE)),
    "DeleteReceiver": refused("DeleteReceiver", _NO_LIST, _list()),
    "BatchSendEmail": send_batch,
    "ListSendTasks": empty("ListSendTasks", "Data", task, PAGE),
}
