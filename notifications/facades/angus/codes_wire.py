"""AngusGM's words for checking a verification code (angus.md 10)."""

from notifications.facades.angus import fields, mail_fields
from templates_app.biz_keys import EMAIL_NAMES


class CheckParameters(fields.Members):
    bizKey = fields.Choice(choices=EMAIL_NAMES, required=True, help_text="What the code was sent for.")
    email = mail_fields.Mailbox(required=True, help_text="Where it was sent to, in any spelling of the same mailbox.")
    verificationCode = fields.Text(
        required=True, allow_null=False, allow_blank=False, max_length=160, help_text="What the person typed."
    )
