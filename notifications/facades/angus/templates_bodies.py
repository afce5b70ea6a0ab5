"""What may be sent to the template endpoints, member by member (angus.md 5); the OpenAPI page is made of it. Pure.

Beyond the contract: new templates, drafts, versions, previews; ``subject`` beside ``subjectPrefix``, the plain-text
part, how variables are written, the business keys.
"""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from notifications.facades.angus import fields

_MAX_CONTENT = 200_000
_MAX_SUBJECT = 400
_MAX_BIZ_KEYS = 100
_IGNORED = "Ignored: answers have it."


class Code(fields.Text):
    default_error_messages = {"form": "A code has capital letters, digits, dots, dashes and underscores."}

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        if not code.replace("_", "").replace("-", "").replace(".", "").isalnum() or code != code.upper():
            self.fail("form")
        return code


class SpokenLanguage(fields.Language):
    """As Language, but what is no tag cannot be read: a template is filed under it."""

    default_error_messages = {"tag": "A language tag is expected, such as zh_CN or en."}

    def to_internal_value(self, data: Any) -> Any:
        language = super().to_internal_value(data)
        if language is None:
            self.fail("tag")
        return language


class Sample(serializers.DictField):
    def __init__(self, **options: Any) -> None:
        super().__init__(**fields.OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        return data


class BizKeys(serializers.ListField):
    child = fields.BizKey(**fields.REQUIRED)

    def __init__(self, **options: Any) -> None:
        super().__init__(**fields.OPTIONAL | options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, list):
            self.fail("not_a_list", input_type=type(data).__name__)
        if len(data) > _MAX_BIZ_KEYS:
            raise ValidationError(f"At most {_MAX_BIZ_KEYS} are allowed.", code="max_length")
        return [self.child.run_validation(item) for item in data]


class TextBody(fields.Members):
    """The parts of a text. Those that are absent or null stay as they are."""

    subject = fields.Text(allow_blank=False, max_length=_MAX_SUBJECT, help_text="One line; may have variables.")
    content = fields.LongText(
        max_length=_MAX_CONTENT,
        help_text="The body: HTML, or plain text where it has no tags at all. Other content makes the plain-text part "
        "anew, unless `text` is given.",
    )
    text = fields.LongText(
        max_length=_MAX_CONTENT, help_text="Plain-text part beside HTML. Absent: made from the HTML."
    )
    dialect = fields.Choice(
        choices=["JINJA", "DOLLAR", "BRACE"],
        **fields.OPTIONAL,
        help_text="How variables are written: {{ name }}, ${name} or {name}. Absent: ${name} where the given parts "
        "have it and no {{, else {{ name }}.",
    )


class TemplateChanges(TextBody):
    """Members that are absent or null stay as they are. Name, code flag and validity count for all languages."""

    name = fields.Text(allow_blank=False, max_length=100, help_text="What people call it.")
    subjectPrefix = fields.Text(
        allow_blank=False, max_length=_MAX_SUBJECT, help_text="The whole subject, whatever its name says."
    )
    verificationCode = fields.Flag(help_text="Its messages carry a code, in the variable verificationCode.")
    verificationCodeValidSecond = fields.Whole(
        min_value=-1, max_value=86_400, help_text="How long codes live. Zero and less: not said here."
    )
    language = SpokenLanguage(help_text="Moves this text to another language.")
    bizKeys = BizKeys(help_text="Exactly these keys of your own choose it, besides those of the platform's.")
    id = fields.Whole(help_text=_IGNORED)
    code = fields.Text(help_text=_IGNORED)
    remark = fields.Text(max_length=_MAX_SUBJECT, help_text=_IGNORED)
    version = fields.Whole(help_text=_IGNORED)
    hasDraft = fields.Flag(help_text=_IGNORED)
    variables = serializers.ListField(**fields.OPTIONAL, help_text=_IGNORED)
    platform = fields.Flag(help_text=_IGNORED)


class TemplateBody(TextBody):
    """A new template, or another language of one that is there."""

    code = Code(**fields.REQUIRED, max_length=80, help_text="Stable, as ORDER_PAID.")
    name = fields.Text(max_length=100, help_text="What people call it. Absent: its code.")
    language = SpokenLanguage(required=True, allow_null=False, help_text="Such as zh_CN or en.")
    subject = fields.Text(**fields.REQUIRED, max_length=_MAX_SUBJECT)
    content = fields.LongText(required=True, allow_null=False, max_length=_MAX_CONTENT, help_text="As in a change.")
    verificationCode = fields.Flag(help_text="Its messages carry a code. Absent: false.")
    verificationCodeValidSecond = fields.Whole(min_value=-1, max_value=86_400, help_text="How long codes live.")
    bizKeys = BizKeys(help_text="Keys that choose it, whatever they chose before.")


class PublishBody(fields.Members):
    version = fields.Whole(min_value=1, max_value=2**31 - 1, help_text="Absent: the open draft.")


class PreviewBody(TextBody):
    """What is to be shown: the parts given, over the version named, or over the text that is sent."""

    version = fields.Whole(min_value=1, max_value=2**31 - 1, help_text="Absent: the one that is sent.")
    params = Sample(help_text="Sample data. A variable without any shows its name in brackets.")
