"""What the OpenAPI page says about all endpoints: the envelope, refusals, lists. No request runs through it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from notifications.facades.angus.grammar import Op

ENVELOPE_NOTE = (
    "Every answer is an envelope. `code` is `S` on success. A refusal has another `code`, an error key in `ext.eKey` "
    "and in the header `XC-E-Key`, and a sentence in `msg`. Numbers in answers are strings; times are local to the "
    "server."
)
_TIME = "2025-06-15 14:49:56"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "notifications.facades.angus.envelope.TokenAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, as issued by `manage.py create_api_key`.",
        }


class Named(serializers.Serializer[Any]):
    value = serializers.CharField(help_text="The name that programs compare.")
    message = serializers.CharField(help_text="The same for people, in the language of the request.")


def envelope(name: str, data: Any) -> Any:
    return inline_serializer(
        name,
        {
            "code": serializers.CharField(help_text="S, or E0, E1, E2, E3, or a code of its own such as BEM4001."),
            "msg": serializers.CharField(),
            "data": data,
            "datetime": serializers.CharField(help_text="yyyy-MM-dd HH:mm:ss"),
            "ext": serializers.DictField(child=serializers.CharField(), help_text="On errors: {eKey: …}."),
        },
    )


def page(name: str, row: Any) -> Any:
    """A list in its envelope; ``row`` is the serializer of one entry, made with ``many=True``."""
    entries = inline_serializer(
        f"{name}Page", {"total": serializers.CharField(help_text="Exact up to 100,000."), "list": row}
    )
    return envelope(f"{name}Listed", entries)


def success(name: str, data: Any, *, description: str, example: Any = None) -> OpenApiResponse:
    value = {"code": "S", "msg": "Success", "data": example, "datetime": _TIME, "ext": {}}
    return OpenApiResponse(
        envelope(name, data),
        description=description,
        examples=[OpenApiExample("Success", value, response_only=True)],
    )


_DONE = envelope("Done", serializers.CharField(allow_null=True))


def nothing(description: str) -> OpenApiResponse:
    """Success that has nothing to say."""
    value: dict[str, Any] = {"code": "S", "msg": "Success", "data": None, "datetime": _TIME, "ext": {}}
    return OpenApiResponse(
        _DONE, description=description, examples=[OpenApiExample("Success", value, response_only=True)]
    )


REFUSAL = envelope("Refusal", serializers.JSONField(allow_null=True))


def refusal(description: str, *, code: str, msg: str, e_key: str, data: Any = None) -> OpenApiResponse:
    value = {"code": code, "msg": msg, "data": data, "datetime": _TIME, "ext": {"eKey": e_key}}
    return OpenApiResponse(
        REFUSAL, description=description, examples=[OpenApiExample(e_key, value, response_only=True)]
    )


UNAUTHORIZED = refusal(
    "No key, or one that is unknown, revoked or expired.",
    code="E0",
    msg="The API key is not valid. It may have been revoked or have expired.",
    e_key="invalid_token",
)
FORBIDDEN = refusal(
    "The key lacks the scope.", code="E0", msg="The API key lacks the scope 'email.send'.", e_key="insufficient_scope"
)
INVALID = refusal(
    "The first thing that is wrong with the request.",
    code="E0",
    msg="subject: Ensure this field has no more than 200 characters.",
    e_key="param_validation_error",
)
REFUSALS = {400: INVALID, 401: UNAUTHORIZED, 403: FORBIDDEN}


DELETED = OpenApiResponse(None, description="Done. There is no body and no envelope.")


def not_found(resource: str) -> OpenApiResponse:
    return refusal(
        "No such row, or another tenant's.", code="E0", msg=f"{resource} not found: [42]", e_key="resource_not_found"
    )


def parameter(name: str, description: str, type_: Any = OpenApiTypes.STR, **options: Any) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.QUERY, description=description, **options)


def path_parameter(name: str, description: str, type_: Any = OpenApiTypes.INT64) -> OpenApiParameter:
    return OpenApiParameter(name, type_, OpenApiParameter.PATH, description=description)


def ids_parameter(*, at_most: int) -> OpenApiParameter:
    description = f"At most {at_most}: repeated, or separated by commas. Unknown ones are ignored."
    return parameter("ids", description, {"type": "array", "items": {"type": "string"}}, required=True)


def list_parameters(equality: Sequence[OpenApiParameter], *, orders: list[str]) -> list[OpenApiParameter]:
    """Paging, order, the list's equality parameters, and the first item of the filters grammar."""
    return [
        parameter("pageNo", "1 to 100000, default 1.", OpenApiTypes.INT32),
        parameter("pageSize", "1 to 2000, default 10.", OpenApiTypes.INT32),
        parameter("orderBy", "Default id.", enum=orders),
        parameter("orderSort", "Default DESC.", enum=["ASC", "DESC"]),
        parameter("infoScope", "Accepted, without effect.", enum=["BASIC", "DETAIL"]),
        *equality,
        parameter("filters[0].key", "Any of the names above but those of paging; up to 20 items, numbered from 0."),
        parameter("filters[0].op", "MATCH: contains. MATCH_END: starts with.", enum=list(Op.__members__)),
        parameter("filters[0].value", "A list is written 1,2,3. Times are written yyyy-MM-dd HH:mm:ss."),
    ]
