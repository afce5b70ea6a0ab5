"""AngusGM's words for checking a verification code (angus.md 10)."""

from notifications.facades.angus import fields, mail_fields


class CheckParameters(fields.Members):
    bizKey = fields.BizKey(**fields.REQUIRED, help_text="What the code was sent for.")
    email = mail_fields.Mailbox(required=True, help_text="Where it was sent to, in any spelling of the same mailbox.")
    verificationCode = fields.Text(**fields.REQUIRED, max_length=160, help_text="What the person typed.")
