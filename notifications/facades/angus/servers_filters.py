"""The list of mail servers: its public names, and the columns they stand for (angus.md 2.5)."""

from django_filters import CharFilter, FilterSet

from notifications.facades.angus import fields, grammar
from notifications.facades.angus.grammar import Column
from notifications.facades.angus.lists import Shape, WholeFilter


class ServerFilters(FilterSet):  # type: ignore[misc]
    """One filter per equality parameter; ``field_name`` is our column."""

    id = WholeFilter(field_name="id")
    name = CharFilter(field_name="name")
    protocol = CharFilter(field_name="protocol")


SERVERS = Shape(
    parameters=ServerFilters,
    columns={
        "id": Column("id", grammar.whole, can_range=True),
        "name": Column("name", grammar.text, can_match=True),
        "protocol": Column("protocol", grammar.constant),
    },
    orders={"id": "id", "name": "name"},
)


class CheckParameters(fields.Members):
    protocol = fields.Choice(choices=["SMTP", "POP3", "IMAP"], **fields.OPTIONAL)
