"""Members that hold addresses, and what is said to them: fields beside the plain ones (angus.md 1.4, 3.1). Pure.

Oddities: address lists may be nested once, because the vendor's own example is; variables are filed under addresses.
"""

import json
import re
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from notifications import addresses
from notifications.contracts import Address
from notifications.facades.angus.fields import OPTIONAL, Text

#: A recipient's variables, as JSON text. They are stored with every message, so they are not the place for documents.
MAX_VARIABLES = 65_535
_HOST = re.compile(r"[\w.:-]*")


class Mailbox(serializers.CharField):
    """One address; empty where that is allowed."""

    def to_internal_value(self, data: Any) -> Any:
        return addresses.parse(str(super().to_internal_value(data)), field=str(self.field_name))


class Host(Text):
    """A name or an address of a machine, without anything around it."""

    default_error_messages = {"host": "A host name or an address is expected."}

    def to_internal_value(self, data: Any) -> str:
        host = super().to_internal_value(data).strip()
        if not _HOST.fullmatch(host):
            self.fail("host")
        return host


class Senders(serializers.ListField):
    """Addresses, and domains written ``@example.com``."""

    child = serializers.CharField(max_length=254)

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(max_length=limit, **OPTIONAL | options)

    def to_internal_value(self, data: Any) -> list[str]:
        written = super().to_internal_value(data)
        for text in written:
            addresses.parse(f"x{text}" if text.startswith("@") else text, field=str(self.field_name))
        return list(dict.fromkeys(written))


class AddressSet(serializers.ListField):
    """Addresses in order, as {text that was written: address}; spellings of one mailbox share its first address."""

    child = serializers.CharField()

    def __init__(self, *, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        flat = [inner for item in data for inner in (item if isinstance(item, list) else [item])]
        if not all(isinstance(text, str) for text in flat):
            raise ValidationError("Addresses are strings.", code="invalid")
        written = list(dict.fromkeys(flat))
        if len(written) > self.limit:
            raise ValidationError(f"At most {self.limit} addresses are allowed.", code="max_length")
        parsed = {text: addresses.parse(text, field=str(self.field_name)) for text in written}
        first: dict[str, Address] = {}
        for address in parsed.values():
            first.setdefault(addresses.normalise(address.email), address)
        return {text: first[addresses.normalise(address.email)] for text, address in parsed.items()}


class Variables(serializers.DictField):
    """Template variables: recipient → name → value. A null value is as good as none."""

    child = serializers.DictField()

    def __init__(self, *, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict) or not all(isinstance(inner, dict | None) for inner in data.values()):
            raise ValidationError("An object of objects is expected: recipient, then variable.", code="invalid")
        if len(data) > self.limit:
            raise ValidationError(f"At most {self.limit} recipients are allowed.", code="max_length")
        if any(len(json.dumps(inner, ensure_ascii=False)) > MAX_VARIABLES for inner in data.values()):
            raise ValidationError(f"At most {MAX_VARIABLES} characters per recipient are allowed.", code="max_length")
        return {
            recipient: {name: value for name, value in (inner or {}).items() if value is not None}
            for recipient, inner in data.items()
        }
