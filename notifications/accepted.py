"""A request that has passed every check, and the columns that it becomes. ``submit`` decides; this writes down.

What a call's messages have in common is worked out once: a call may be for a hundred thousand people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import uuid4

from notifications import routing, sms, suppression, verification
from notifications.addresses import normalise
from notifications.contracts import (
    DEFAULT_CATEGORY,
    Address,
    Channel,
    FileIn,
    Lane,
    SendRequest,
    SuppressionSource,
)
from notifications.models import MailServer
from notifications.states import Status, Verdict
from templates_app import render
from templates_app.render import ResolvedTemplate
from tenants.models import Tenant
from tenants.sealed import seal_json

#: Recipients that one message may have in To. Only an audience can have more.
MAX_SHARED_TO = 500


@dataclass(frozen=True)
class Accepted:
    """A request that has passed every check, with what the checks found."""

    tenant: Tenant
    request: SendRequest
    server: MailServer
    template: ResolvedTemplate | None
    biz_key: str | None
    files: tuple[FileIn, ...]
    #: Recipients that get nothing, by address as written.
    suppressed: Mapping[str, SuppressionSource] = field(default_factory=dict)

    @property
    def lane(self) -> Lane:
        return Lane.URGENT if self.request.code else self.request.lane

    @property
    def category(self) -> str:
        return category(self.request)

    @property
    def code_validity(self) -> timedelta:
        wish = self.request.code.validity if self.request.code else None
        from_template = self.template.code_validity_s if self.template else None
        return wish or (timedelta(seconds=from_template) if from_template else verification.DEFAULT_VALIDITY)

    @property
    def count(self) -> int:
        """Messages, those included that nobody may get."""
        return len(self._envelope_starts)

    @property
    def due_count(self) -> int:
        """Messages that somebody is to get."""
        if not self.suppressed:
            return self.count
        return sum(not self.is_suppressed(envelope) for envelope in self.envelopes())

    def envelopes(self) -> Iterator[tuple[Address, ...]]:
        """Who shares a message: everybody alone, or as many in To as it can take."""
        starts = self._envelope_starts
        return (self.request.recipients[start : start + starts.step] for start in starts)

    def is_suppressed(self, envelope: tuple[Address, ...]) -> bool:
        """Nobody of To may get it. Copies alone are not sent."""
        return all(address.email in self.suppressed for address in envelope)

    def submission(self) -> dict[str, Any]:
        """The columns of the call itself; content of N equal messages is stored here, once."""
        request, content, offer = self.request, self.request.content, self.request.unsubscribe
        return {
            "tenant_id": self.tenant.pk,
            "facade": request.facade,
            "channel": request.channel,
            "lane": int(self.lane),
            "key_id": request.key_id,
            "user_id": request.user_id,
            "out_id": request.out_id or f"INNER-{uuid4()}",
            "cancel_key": request.cancel_key,
            # Only a sender that was asked for: mail without one goes out as whichever server carries it.
            "sender_address": request.sender.email if request.sender else "",
            "sender_name": request.sender.name if request.sender else "",
            "envelope_from": request.envelope_from,
            "rfc_message_id": request.rfc_message_id,
            "reply_to": [address.email for address in request.reply_to],
            "headers": dict(request.headers),
            # A template's own is rendered again for each message.
            "subject": content.subject if content else request.template.subject if request.template else "",
            "html": content.html if content else None,
            "text": content.text if content else None,
            "category": self.category,
            "unsubscribe_footer": (offer.footer_language or "") if offer else None,
            "options": dict(request.options),
            "due_at": request.due_at,
        }

    def shared(self) -> dict[str, Any]:
        """What all messages have in common, unless one brings its own."""
        request, template = self.request, self.template
        params = dict(request.params) | self._told_about_code
        return {
            "kind": "TEMPLATE" if template else "CUSTOM",
            "biz_key": self.biz_key,
            "template_code": template.template_code if template else None,
            "template_version_id": template.version_id if template else None,
            "language": template.language if template else request.language,
            "cc": [address.email for address in request.cc],
            "bcc": [address.email for address in request.bcc],
            # Where each message has variables of its own, the common ones may not be enough for a subject.
            **({"subject": "", "segments": None} if request.params_by_recipient else self._shown(params)),
            "params": params or None,
            "is_html": request.channel is Channel.EMAIL and (request.content is None or bool(request.content.html)),
            "is_batch": self._is_batch,
            "is_code": request.code is not None,
            "expires_at": request.expires_at,
            # From when it is due, by the database's clock. A code that arrives after its end is worse than none.
            "lives_s": self.code_validity.total_seconds() if request.code else None,
        }

    def messages(self, codes: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """The columns of each message that differ from the shared ones."""
        for envelope in self.envelopes():
            message = self._own(envelope)
            if self.suppressed:
                message |= self._suppression(envelope)
            code = codes.get(envelope[0].email)
            if code and "status" not in message:
                message["secrets"] = seal_json(secrets(self.request, code))
            yield message

    def _own(self, to: tuple[Address, ...]) -> dict[str, Any]:
        request, first = self.request, to[0]
        message: dict[str, Any] = {"recipient": normalise(first.email)}
        if len(to) > 1 or message["recipient"] != first.email:
            message["to"] = [address.email for address in to]
        if self._has_names and (names := {a.email: a.name for a in chain(to, request.cc, request.bcc) if a.name}):
            message["names"] = names
        if request.params_by_recipient:
            params = own_params(request, first) | self._told_about_code
            message |= self._shown(params) | ({"params": params} if params else {})
        return message

    def _suppression(self, envelope: tuple[Address, ...]) -> dict[str, Any]:
        """The end of a message that nobody may get, or who of its recipients is left out."""
        if self.is_suppressed(envelope):
            words = suppression.explain(self.suppressed[envelope[0].email])
            return {"status": Status.SUPPRESSED, "failure_reason": words}
        outcomes = {
            address.email: {
                "verdict": Verdict.SUPPRESSED,
                "code": None,
                "words": suppression.explain(self.suppressed[address.email]),
            }
            for address in chain(envelope, self.request.cc, self.request.bcc)
            if address.email in self.suppressed
        }
        return {"recipient_outcomes": outcomes} if outcomes else {}

    @cached_property
    def _has_names(self) -> bool:
        return any(a.name for a in chain(self.request.recipients, self.request.cc, self.request.bcc))

    @property
    def _envelope_starts(self) -> range:
        return range(0, len(self.request.recipients), 1 if self._is_separate else MAX_SHARED_TO)

    @property
    def _is_separate(self) -> bool:
        # A link to unsubscribe is one person's own.
        return self.request.is_separate or self.request.unsubscribe is not None

    @property
    def _is_batch(self) -> bool:
        """AngusGM's word for a mail with everybody in To, and for each SMS of a call to several numbers or a group."""
        request = self.request
        if request.channel is Channel.SMS:
            return len(request.recipients) > 1 or request.audience is not None
        return not self._is_separate

    def _shown(self, params: dict[str, Any]) -> dict[str, Any]:
        """What operators and lists show of the message, with secrets masked."""
        if self.request.channel is Channel.SMS:
            text = self._text(params)
            return {"subject": text, "segments": sms.count_segments(text)}
        return {"subject": self._subject(params), "segments": None}

    def _text(self, params: dict[str, Any]) -> str:
        if self.request.content is not None:
            return (self.request.content.text or "").strip()
        assert self.template is not None
        rendered = render.render(self.template.version_id, params | secrets(self.request, verification.MASK))
        return rendered.text.strip()

    def _subject(self, params: dict[str, Any]) -> str:
        """With the prefix of the server that would be used now."""
        request, template = self.request, self.template
        if request.content is not None:
            subject = request.content.subject
        elif request.template is not None and request.template.subject:
            subject = request.template.subject
        else:
            assert template is not None
            subject = render.render_subject(template, params | secrets(request, verification.MASK))
        return routing.prefixed(subject, self.server.subject_prefix)

    @property
    def _told_about_code(self) -> dict[str, Any]:
        """How long the code is good for, in whole minutes, for templates that say so."""
        minutes = int(self.code_validity / timedelta(minutes=1))
        return {"validMinutes": minutes} if self.request.code and minutes else {}


def category(request: SendRequest) -> str:
    """What its recipients may have left; empty: transactional."""
    return request.category or (DEFAULT_CATEGORY if request.unsubscribe else "")


def own_params(request: SendRequest, recipient: Address) -> dict[str, Any]:
    return {**request.params, **request.params_by_recipient.get(recipient.email, {})}


def secrets(request: SendRequest, code: str | None) -> dict[str, Any]:
    """Variables that reach the template and are never stored in clear."""
    return {} if request.code is None else {verification.VARIABLE: code}
