"""What an action of this API is: the parameters it declares, the scope it needs, and the function that does it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from notifications.facades.tencent.parameters import Record
from tenants.auth import Principal

#: Bytes of a whole request; more is refused by whatever the action.
GATEWAY_LIMIT = 10 * 1024 * 1024

Parameters = dict[str, Any]
Handler = Callable[[Principal, Parameters], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Action:
    #: Gets what was read by ``parameters``; returns the members of ``Response`` beside RequestId. Raises TencentError
    #: or a DomainError.
    handle: Handler
    #: One of ``tenants.models.api_key.Scope``.
    scope: str
    parameters: Record = field(default_factory=Record)
    #: Bytes of a whole request of this action, and the code for more.
    limit_bytes: int = GATEWAY_LIMIT
    too_large: str = "RequestSizeLimitExceeded"
