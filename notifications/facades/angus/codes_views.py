"""Checking verification codes. Sending them is sending mail; see ``views``."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from notifications import verification
from notifications.facades.angus import codes_docs as docs
from notifications.facades.angus.codes_wire import CheckParameters
from notifications.facades.angus.envelope import AngusView
from notifications.facades.angus.parameters import read
from tenants.models.api_key import Scope


class CodeViewSet(ViewSetMixin, AngusView):
    # Whoever may send codes may check them.
    scopes = {"GET": Scope.EMAIL_SEND}
    # The right code is used up by this GET, so a HEAD must not reach it.
    http_method_names = ["get"]

    @extend_schema(**docs.CHECK)
    def check(self, request: Request) -> Response:
        asked = read(request.query_params, CheckParameters())
        verification.check(self.principal.tenant.pk, asked["bizKey"], asked["email"].email, asked["verificationCode"])
        return self.success()


class InnerCodeViewSet(CodeViewSet):
    """The same for other services, within the tenant of their key."""

    scopes = {"GET": Scope.INNER_API_TRUST}
