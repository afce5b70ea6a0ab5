"""What is said: a template, its languages, their versions, and the business keys that choose it.

``Template`` is known by code and channel; a ``Translation`` is one language of it and what AngusGM calls a template
(its ids are the public ones); a ``TemplateVersion`` is one text of a translation and never changes once published.
"""

from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from tenants.scoping import TenantOrPlatformOwned


class Template(TenantOrPlatformOwned):
    channel = models.CharField(max_length=8, choices=[("email", "E-mail"), ("sms", "SMS")], default="email")
    code = models.CharField(max_length=80, help_text="Stable name, for example VERIFICATION_CODE.")
    name = models.CharField(max_length=100)
    remark = models.CharField(max_length=200, blank=True)
    #: Messages of this template carry a verification code in the variable ``verificationCode``.
    verification_code = models.BooleanField(default=False)
    #: Seconds a code lives when the request does not say.
    code_validity_s = models.PositiveIntegerField("code validity (seconds)", null=True, blank=True)
    #: The tenant, or 0 for the platform: lets the database compare owners where tenant may be NULL.
    owner_id: Any = models.GeneratedField(
        expression=Coalesce("tenant_id", 0), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta(TenantOrPlatformOwned.Meta):
        ordering = ["code"]
        constraints = [
            # Resolving a template reads by exactly these columns.
            models.UniqueConstraint(fields=["owner_id", "channel", "code"], name="template_code_once_per_owner"),
            # Target of the composite foreign key of BizKeyBinding.
            models.UniqueConstraint(fields=["owner_id", "id"], name="template_owner_id"),
        ]

    def __str__(self) -> str:
        return self.code


class Translation(models.Model):
    """One language of a template. Sends use its ``published`` version; without one it does not exist for them."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(max_length=20, help_text="For example zh_CN or en.")
    published = models.ForeignKey(
        "TemplateVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    #: Deleted by its owner. Messages that wait still render from its versions; nobody finds it any more.
    retired_at = models.DateTimeField(null=True, editable=False)
    #: How an SMS provider calls this text, as AngusGM's clients file it; nothing here depends on it.
    third_code = models.CharField(max_length=80, blank=True, default="", editable=False)

    class Meta:
        ordering = ["language"]
        constraints = [models.UniqueConstraint(fields=["template", "language"], name="translation_once")]

    def __str__(self) -> str:
        return f"{self.template.code} ({self.language})"


class Dialect(models.TextChoices):
    JINJA = "jinja", "{{ name }}"
    DOLLAR = "dollar", "${name}"
    BRACE = "brace", "{name}"
    DOUBLE = "double", "{{ name }} alone, without conditions and loops"


class TemplateVersion(models.Model):
    """One text of a translation: ``source_*`` as it was typed; ``subject``, ``html`` and ``text`` as it is rendered."""

    translation = models.ForeignKey(Translation, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(editable=False)
    dialect = models.CharField(max_length=8, choices=Dialect.choices, default=Dialect.JINJA)
    source_subject = models.CharField("subject", max_length=400, blank=True)
    source_html = models.TextField("HTML", blank=True)
    source_text = models.TextField("text", blank=True, help_text="Empty: derived from the HTML when published.")
    #: Guarded Jinja, made by publishing.
    subject = models.TextField(editable=False)
    html = models.TextField(editable=False)
    text = models.TextField(editable=False)
    #: The variables the three texts use, sorted: {"name": ..., "required": bool}. Checked at accept.
    variables = models.JSONField(default=list, editable=False)
    #: Digest of the seed file that this version was made from; empty: a person wrote it, and seeds leave it alone.
    seed = models.CharField(max_length=64, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["translation", "number"], name="version_once"),
            # publishing.draft: two editors work on one draft and see each other, instead of on two that race.
            models.UniqueConstraint(fields=["translation"], condition=Q(published_at=None), name="one_open_draft"),
        ]

    def __str__(self) -> str:
        return f"{self.translation} v{self.number}"


class BizKeyBinding(TenantOrPlatformOwned):
    """Which template a business key chooses. A tenant's own binding wins over the platform's."""

    biz_key = models.CharField(max_length=80)
    channel = models.CharField(max_length=8, default="email")
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="bindings")
    #: As in Template; (owner_id, template_id) is a composite foreign key, so nobody binds to a stranger's template.
    owner_id: Any = models.GeneratedField(
        expression=Coalesce("tenant_id", 0), output_field=models.BigIntegerField(), db_persist=True
    )

    class Meta(TenantOrPlatformOwned.Meta):
        ordering = ["biz_key"]
        constraints = [
            models.UniqueConstraint(fields=["owner_id", "channel", "biz_key"], name="binding_once_per_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.biz_key} → {self.template.code}"
