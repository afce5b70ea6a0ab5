"""Members that hold telephone numbers, and the variables of an SMS (angus.md 13). Pure but for the default country.

Oddities: a number may come as a JSON number; variables are one flat object for all recipients.
"""

import json
from typing import Any

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from notifications import phones
from notifications.contracts import Address
from notifications.facades.angus.fields import OPTIONAL
from notifications.facades.angus.mail_fields import MAX_VARIABLES


class Phone(serializers.CharField):
    """One number; without a country it is one of SMS_DEFAULT_REGION."""

    def to_internal_value(self, data: Any) -> Any:
        return _parsed(str(super().to_internal_value(data)), str(self.field_name))


class PhoneSet(serializers.ListField):
    """Numbers in order, each once in whatever spellings."""

    child = serializers.CharField()

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(max_length=limit, **OPTIONAL | options)

    def to_internal_value(self, data: Any) -> list[Address]:
        written = super().to_internal_value(data)
        return list(dict.fromkeys(_parsed(text, str(self.field_name)) for text in dict.fromkeys(written)))


class FlatVariables(serializers.DictField):
    """Template variables: name → value. A null value is as good as none."""

    def __init__(self, *, limit: int, **options: Any) -> None:
        self.limit = limit
        super().__init__(**OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(data) > self.limit:
            raise ValidationError(f"At most {self.limit} variables are allowed.", code="max_length")
        if len(json.dumps(data, ensure_ascii=False)) > MAX_VARIABLES:
            raise ValidationError(f"At most {MAX_VARIABLES} characters are allowed.", code="max_length")
        return {name: value for name, value in data.items() if value is not None}


def _parsed(text: str, field: str) -> Address:
    return phones.parse(text, default_region=settings.SMS_DEFAULT_REGION, field=field)
