"""Query parameters of single operations: required ones, and lists of ids. Parameters nobody asked for are ignored."""

import re
from typing import Any

from django.http import QueryDict

from notifications.facades.angus.fields import MAX_LONG, Members
from notifications.facades.refusals import ParameterMissing
from tenants.errors import InvalidField, NotFound

_ID = re.compile(r"\d{1,19}", re.ASCII)


def read(params: QueryDict, members: Members) -> dict[str, Any]:
    """The values of the parameters that ``members`` names. Raises ParameterMissing, InvalidField, FieldUnparsable."""
    missing = next((name for name, field in members.fields.items() if field.required and name not in params), None)
    if missing is not None:
        raise ParameterMissing(field=missing)
    return members.members({name: params[name] for name in members.fields.keys() & params.keys()})


def read_ids(params: QueryDict, *, at_least: int = 0, at_most: int) -> list[int]:
    """``ids``, repeated or separated by commas; each once. Raises ParameterMissing, InvalidField."""
    if "ids" not in params:
        raise ParameterMissing(field="ids")
    texts = dict.fromkeys(part.strip() for value in params.getlist("ids") for part in value.split(",") if part.strip())
    wrong = next((text for text in texts if not _ID.fullmatch(text)), None)
    if wrong is not None:
        raise InvalidField(field="ids", reason=f"'{wrong[:30]}' is not an id.")
    if not at_least <= len(texts) <= at_most:
        raise InvalidField(field="ids", reason=f"{at_least} to {at_most} are allowed.")
    return [id_ for text in texts if (id_ := int(text)) <= MAX_LONG]


def parse_id(text: str, *, resource: str) -> int:
    """The id in a path. Raises NotFound, naming ``resource``: what is no number is nobody's id."""
    if not _ID.fullmatch(text) or int(text) > MAX_LONG:
        raise NotFound(resource=resource, id=text[:60])
    return int(text)
