"""The list of templates: its public names, and the columns they stand for (angus.md 2.5)."""

from django_filters import CharFilter, FilterSet

from notifications.facades.angus import grammar
from notifications.facades.angus.grammar import Column
from notifications.facades.angus.lists import FlagFilter, Shape, WholeFilter


class TemplateFilters(FilterSet):  # type: ignore[misc]
    """One filter per equality parameter; ``field_name`` is our column."""

    id = WholeFilter(field_name="public_id")
    code = CharFilter(field_name="template__code")
    name = CharFilter(field_name="template__name")
    verificationCode = FlagFilter(field_name="template__verification_code")
    subject = CharFilter(field_name="subject")
    language = CharFilter(field_name="language")


TEMPLATES = Shape(
    parameters=TemplateFilters,
    columns={
        "id": Column("public_id", grammar.whole, can_range=True),
        "code": Column("template__code", grammar.text, can_match=True),
        "name": Column("template__name", grammar.text, can_match=True),
        "verificationCode": Column("template__verification_code", grammar.flag),
        "subject": Column("subject", grammar.text, can_match=True),
        "language": Column("language", grammar.text, can_match=True),
    },
    orders={"id": "public_id", "code": "template__code"},
)
