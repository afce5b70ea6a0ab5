"""The mail of one user: verbs only, and what all of WORKS' answers have in common."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from notifications import allowances, mailboxes
from notifications.allowances import Allowance
from notifications.errors import AllowanceExceeded
from notifications.facades.base import FacadeView
from notifications.facades.refusals import PathUnknown
from notifications.facades.works import docs, folders_wire, wire
from notifications.facades.works.errors import CRASH, Foreign, foreign
from notifications.mailboxes import Page
from tenants import directory
from tenants.directory import Mailbox
from tenants.errors import DomainError
from tenants.models.api_key import Scope


class WorksView(FacadeView):
    scopes = {"POST": Scope.MAIL, "DELETE": Scope.MAIL}
    #: Counted once the caller is known.
    allowance: Allowance | None = None
    #: Whose mail it is.
    owner: Mailbox

    def present_refusal(self, error: DomainError) -> Response:
        entry = foreign(error)
        response = _failure(entry, str(error))
        wait_s = error.params.get("seconds", entry.retry_after_s)
        if wait_s is not None:
            response["Retry-After"] = str(wait_s)
        return response

    def present_crash(self) -> Response:
        return _failure(CRASH, "An unexpected error occurred.")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method in ("GET", "HEAD"):
            self.principal.check_scope(Scope.MAIL, Scope.MAIL_READ)
        self._count_the_call(request)
        tenant, user_id = self.principal.tenant, self.principal.user_id
        self.owner = directory.resolve_mailbox(tenant, kwargs["user_id"], acting_as=user_id)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        for name, value in _rate_headers(self.allowance).items():
            final[name] = value
        final["Cache-Control"] = "no-store"
        return final

    def _count_the_call(self, request: Request) -> None:
        """Per tenant and operation (works.md 3). Raises AllowanceExceeded."""
        operation = f"works.{type(self).__name__}.{request.method}"
        limit = settings.WORKS_CALLS_PER_MINUTE
        self.allowance = allowances.spend(self.principal.tenant.pk, operation, limit=limit)
        if self.allowance.is_exceeded:
            raise AllowanceExceeded(limit=limit, seconds=self.allowance.reset_s)


class SendView(WorksView):
    @extend_schema(**docs.SEND)
    def post(self, request: Request, user_id: str) -> HttpResponseBase:
        """202 and an empty body; where a copy is kept, its number is in a header that some clients look for."""
        outgoing = wire.parse_send(self.read_body(), self.owner, key_id=self.principal.key_id)

        def send() -> Response:
            sent = mailboxes.send(self.principal.tenant, self.owner, outgoing)
            headers = {} if sent.copy_id is None else {"X-Message-Id": str(sent.copy_id)}
            return Response(status=202, headers=headers)

        response = self.answer_once(send)
        if "Content-Type" in response.headers:
            # Of a repeated answer; nothing has no type.
            del response["Content-Type"]
        return response


class MailView(WorksView):
    @extend_schema(**docs.DETAIL)
    def get(self, request: Request, user_id: str, mail_id: str) -> Response:
        number = folders_wire.parse_number(mail_id, resource="Mail")
        return Response(folders_wire.present_mail(mailboxes.resolve_copy(self.principal.tenant, self.owner, number)))

    @extend_schema(**docs.DELETE)
    def delete(self, request: Request, user_id: str, mail_id: str) -> Response:
        number = folders_wire.parse_number(mail_id, resource="Mail")
        mailboxes.throw_away(self.principal.tenant, self.owner, number)
        return Response(status=204)


class AttachmentView(WorksView):
    @extend_schema(**docs.ATTACHMENT)
    def get(self, request: Request, user_id: str, mail_id: str, attachment_id: str) -> Response:
        number = folders_wire.parse_number(attachment_id, resource="Attachment")
        copy_id = folders_wire.parse_number(mail_id, resource="Mail")
        return Response(
            folders_wire.present_file(number, mailboxes.load_file(self.principal.tenant, self.owner, copy_id, number))
        )


class UnreadCountView(WorksView):
    @extend_schema(**docs.UNREAD)
    def get(self, request: Request, user_id: str) -> Response:
        """What one has sent oneself is read."""
        return Response({"count": 0})


class FoldersView(WorksView):
    @extend_schema(**docs.FOLDERS)
    def get(self, request: Request, user_id: str) -> Response:
        return Response(folders_wire.present_folders(mailboxes.measure(self.principal.tenant, self.owner)))


class FolderMailsView(WorksView):
    @extend_schema(**docs.LIST)
    def get(self, request: Request, user_id: str, folder_id: str) -> Response:
        wish = folders_wire.parse_list(folder_id, request.query_params.dict(), self.owner)
        page = Page(total=0, copies=(), next_before=None)
        if wish.folder is not None and not wish.is_empty:
            page = mailboxes.list_copies(
                self.principal.tenant, self.owner, wish.folder, wish.narrowing, size=wish.size, before=wish.before
            )
        return Response(folders_wire.present_list(page, wish))


class UnknownPathView(WorksView):
    """Everything under the facade's prefixes that is nothing. Says so to anybody: there is nothing to protect."""

    authentication_classes = []
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise PathUnknown(path=request.path[:100])


def _failure(entry: Foreign, words: str) -> Response:
    response = Response({"code": entry.code, "description": words}, status=entry.status)
    if entry.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="angarium"'
    return response


def _rate_headers(allowance: Allowance | None) -> Mapping[str, str]:
    """The vendor's pages spell the first name in two ways (works.md 3)."""
    if allowance is None:
        return {}
    used = str(min(allowance.used, allowance.limit))
    return {
        "rateLimit-used": used,
        "rateLimit-ssed": used,
        "rateLimit-limit": str(allowance.limit),
        "rateLimit-remaining": str(allowance.remaining),
        "rateLimit-reset": str(allowance.reset_s),
    }
