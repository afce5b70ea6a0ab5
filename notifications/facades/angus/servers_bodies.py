"""What may be sent to the server endpoints, member by member (angus.md 4); the OpenAPI page is made of it. Pure.

Ours beyond the contract: ``kind`` and what belongs to e-mail services, senders, stand-ins, rates, certificates. Members
that only answers have are read and ignored, so that an answer may be sent back as it came.
"""

import json
import math
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from notifications.facades.angus import fields, mail_fields

#: In place of a secret in answers; sent back, it keeps the secret as it is.
MASK = "******"
_MAX_SECRET = 500
_MAX_OPTIONS = 10_000
_MAX_SENDERS = 100
_IGNORED = "Ignored: answers have it."


class Rate(serializers.FloatField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**fields.OPTIONAL | {"min_value": 0.001, "max_value": 1_000_000} | options)

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        # "nan" and "inf" are floats to Python, and no limit to anybody.
        if isinstance(data, bool) or not math.isfinite(number):
            self.fail("invalid")
        return number


class Options(serializers.DictField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**fields.OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(json.dumps(data)) > _MAX_OPTIONS:
            raise ValidationError(f"At most {_MAX_OPTIONS} characters are allowed.", code="max_length")
        return data


class Credentials(Options):
    """As Options, but the mask is null: keep what is stored."""

    def to_internal_value(self, data: Any) -> Any:
        return None if data == MASK else super().to_internal_value(data)


class AccountBody(fields.Members):
    """The login at the mail server."""

    account = fields.Text(**fields.REQUIRED, max_length=100)
    password = fields.Text(
        max_length=_MAX_SECRET, write_only=True, help_text=f"{MASK} or null keeps the one that is stored."
    )


class RatesBody(fields.Members):
    """How much leaves through the server, over all workers. Null: no limit."""

    perSecond = Rate(help_text="Messages per second; fractions allow for less than one.")
    perDay = fields.Whole(min_value=1, max_value=2**31 - 1, help_text="Messages per day (UTC).")


class ServerChanges(fields.Members):
    """Members that are absent or null stay as they are; ``authAccount`` and ``rates`` are replaced whole."""

    id = fields.Whole(required=True, allow_null=False, help_text="Which server.")
    name = fields.Text(max_length=100, help_text="Of one owner's servers no two have the same.")
    protocol = fields.Choice(choices=["SMTP"], **fields.OPTIONAL, help_text="SMTP, also for e-mail services.")
    remark = fields.Text(max_length=200)
    host = mail_fields.Host(max_length=200, help_text="Required of SMTP servers.")
    port = fields.Whole(min_value=1, max_value=65_535, help_text="Required of SMTP servers.")
    startTlsEnabled = fields.Flag(help_text="Refuse to send unless the server offers STARTTLS. New ones: true.")
    sslEnabled = fields.Flag(help_text="TLS from the first byte; then STARTTLS does not matter. New ones: true.")
    authEnabled = fields.Flag(help_text="Log in with the account. New ones: true.")
    authAccount = AccountBody(**fields.OPTIONAL)
    subjectPrefix = fields.Text(max_length=80, help_text="Put before subjects, as PREFIX|subject.")
    kind = fields.Choice(
        choices=["SMTP", "SERVICE"], **fields.OPTIONAL, help_text="An SMTP server, or an e-mail service's HTTP API."
    )
    service = fields.Text(max_length=40, help_text="Of SERVICE: its name for django-anymail, for example mailgun.")
    options = Options(help_text="Of SERVICE: arguments that are not secret.")
    credentials = Credentials(
        write_only=True, help_text=f"Of SERVICE: secret arguments. {MASK} or null keeps, {{}} forgets them."
    )
    verifyCertificate = fields.Flag(help_text="Off only for a server on a network you trust. New ones: true.")
    fromAddress = mail_fields.Mailbox(**fields.OPTIONAL, allow_blank=True, help_text="Sender of mail that names none.")
    fromName = fields.Text(max_length=100, help_text="Its display name.")
    allowedSenders = mail_fields.Senders(
        limit=_MAX_SENDERS, help_text="Addresses, and domains as @example.com, that requests may send as."
    )
    failoverRank = fields.Whole(min_value=0, max_value=32_767, help_text="Takes over in this order, lowest first.")
    rates = RatesBody(**fields.OPTIONAL)
    maxConnections = fields.Whole(min_value=1, max_value=1_000, help_text="Of each worker process. New ones: 10.")
    enabled = fields.Flag(help_text="Ignored: see PATCH /api/v1/email/server/enabled.")
    platform = fields.Flag(help_text=_IGNORED)


class ServerBody(ServerChanges):
    """A whole server. Members that are absent have their defaults."""

    id = fields.Whole(help_text="Of a replacement: which server. Absent: a new one.")
    name = fields.Text(**fields.REQUIRED, max_length=100)
    protocol = fields.Choice(choices=["SMTP"], required=True, help_text="SMTP, also for e-mail services.")


class EnabledBody(fields.Members):
    id = fields.Whole(required=True, allow_null=False, help_text="Which server.")
    enabled = fields.Flag(required=True, help_text="True switches off the one that was enabled before.")


class TrialBody(fields.Members):
    """A test mail."""

    serverId = fields.Whole(required=True, allow_null=False, help_text="Through which server, enabled or not.")
    toAddress = mail_fields.AddressSet(limit=500, help_text="Recipients; each gets a mail of its own.")
    sendTenantId = fields.Whole(help_text="The API key's tenant stands.")
    sendUserId = fields.Whole(help_text="The API key's user stands.")
