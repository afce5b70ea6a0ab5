"""How recipients leave a kind of mail: links that need no row of ours, the sentence below the mail, and both ways out.

A link is signed, holds what it is about, and works for as long as SECRET_KEY (or SECRET_KEY_FALLBACKS) knows it:
CAN-SPAM wants thirty days, and people look at old mail. It is the recipient's own: whoever has it may leave and return.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, auto
from html import escape

from django.conf import settings
from django.core.signing import BadSignature, Signer

from notifications import suppression
from notifications.contracts import Channel, SuppressionSource
from notifications.suppression import Entry
from notifications.unsubscribe_words import DEFAULT, WORDS, direction, find_language
from tenants.models import Tenant

PATH = "u/"
#: What mail services post to a link (RFC 8058 3.1).
ONE_CLICK = ("List-Unsubscribe", "One-Click")
_SALT = "notifications.unsubscribe"
_END_OF_BODY = re.compile(r"</body", re.IGNORECASE)


class State(StrEnum):
    SUBSCRIBED = auto()
    #: Left by themselves, so they may return.
    LEFT = auto()
    #: Gets nothing for another reason, which is not theirs to change.
    STOPPED = auto()


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a link is about."""

    tenant_id: int
    channel: Channel
    category: str
    address: str

    @property
    def sender(self) -> str:
        """The name of the tenant."""
        return Tenant.objects.values_list("name", flat=True).get(pk=self.tenant_id)


def link(subscription: Subscription) -> str:
    written = [subscription.tenant_id, subscription.channel.value, subscription.category, subscription.address]
    return f"{_base()}{_signer().sign_object(written)}"


def masked_link() -> str:
    """What operators see in place of a link, which is the recipient's own."""
    return f"{_base()}…"


def header_fields(url: str) -> dict[str, str]:
    """RFC 2369 3.2 and RFC 8058 3.1. Services ignore the second unless DKIM covers both; see ``delivery/dkim``."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "=".join(ONE_CLICK)}


def find(token: str) -> Subscription | None:
    """What the link with ``token`` is about; None when we did not make it, or its tenant is gone."""
    try:
        tenant_id, channel, category, address = _signer().unsign_object(token)
    except (BadSignature, ValueError):
        return None
    if not Tenant.objects.filter(pk=tenant_id).exists():
        return None
    return Subscription(tenant_id, Channel(channel), category, address)


def state(subscription: Subscription) -> State:
    of = subscription
    found = suppression.find(of.tenant_id, of.channel, [of.address], category=of.category)
    if not found:
        return State.SUBSCRIBED
    return State.LEFT if found[of.address] is SuppressionSource.UNSUBSCRIBE else State.STOPPED


def leave(subscription: Subscription) -> None:
    """No more mail of this kind. Twice is once."""
    entry = Entry(subscription.address, subscription.category)
    suppression.add(subscription.tenant_id, subscription.channel, [entry], source=SuppressionSource.UNSUBSCRIBE)


def rejoin(subscription: Subscription) -> None:
    """Takes back ``leave``, and nothing that operators or mail servers have to say about the address."""
    suppression.remove(
        subscription.tenant_id,
        subscription.channel,
        [subscription.address],
        category=subscription.category,
        source=SuppressionSource.UNSUBSCRIBE,
    )


def with_html_footer(html: str, url: str, *, language: str) -> str:
    """``html`` with the sentence and its link, at the end of its body."""
    language = find_language(language) or DEFAULT
    words, href = WORDS[language], escape(f"{url}?lang={language}")
    footer = (
        f'<div lang="{language}" dir="{direction(language)}" style="margin:24px 0 0;padding:12px;'
        'font-family:sans-serif;font-size:12px;line-height:1.5;text-align:center;color:#6b7280">'
        f'{escape(words.question)} <a href="{href}" style="color:#6b7280;text-decoration:underline">'
        f"{escape(words.unsubscribe)}</a></div>"
    )
    ends = [end.start() for end in _END_OF_BODY.finditer(html)]
    place = ends[-1] if ends else len(html)
    return f"{html[:place]}{footer}{html[place:]}"


def with_text_footer(text: str, url: str, *, language: str) -> str:
    language = find_language(language) or DEFAULT
    words = WORDS[language]
    return f"{text.rstrip()}\n\n-- \n{words.question} {words.unsubscribe}:\n{url}?lang={language}\n"


def _base() -> str:
    return f"{settings.BASE_URL.rstrip('/')}/{PATH}"


def _signer() -> Signer:
    return Signer(salt=_SALT, sep=".")
