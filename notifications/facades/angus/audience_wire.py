"""AngusGM's words for receivers without addresses: ``receiveObjectType`` and what goes with it; pure (angus.md 7.5).

Oddities: an unknown kind is none. A kind without the ids or codes that it needs names nobody; ALL and TENANT need none.
POLICY, which AngusGM declares and does not send to, and TO_POLICY are one here: contacts have policies by code, and an
id of a policy is a code of digits.
"""

from collections.abc import Mapping
from typing import Any

from tenants.audience import Audience, AudienceKind

_KINDS = {**{kind.value: kind for kind in AudienceKind}, "TO_POLICY": AudienceKind.POLICY}
EVERYBODY = (AudienceKind.ALL, AudienceKind.TENANT)


def parse_audience(body: Mapping[str, Any]) -> Audience | None:
    """None where the body names nobody."""
    kind = _KINDS.get(body.get("receiveObjectType") or "")
    ids = tuple(id_ for id_ in body.get("receiveObjectIds") or () if id_ is not None)
    if kind is None:
        return None
    if kind is AudienceKind.POLICY:
        codes = tuple(code for code in body.get("receivePolicyCodes") or () if code)
        return Audience(kind, codes=(*codes, *map(str, ids))) if codes or ids else None
    return Audience(kind, ids) if ids or kind in EVERYBODY else None
