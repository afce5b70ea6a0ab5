"""A tenant's directory: people, and the departments and groups that they belong to.

Requests name them by numbers of the caller's own world (``user_id``, ``number``), never by our primary keys.
``tenants/directory.py`` reads it, ``tenants/contact_import.py`` fills it.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Lower

from tenants.scoping import TenantOwned


class Contact(TenantOwned):
    """One person. ``user_id`` or ``email`` tells contacts of a tenant apart; at least one of them is given."""

    name = models.CharField(max_length=200, blank=True)
    email = models.CharField("e-mail", max_length=254, null=True, blank=True)
    phone = models.CharField(
        max_length=16, null=True, blank=True, help_text="With its country, for example +8613800138000."
    )
    user_id = models.BigIntegerField(
        "user id",
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="The number by which requests name this person (receiveObjectIds of USER).",
    )
    language = models.CharField(
        max_length=20,
        blank=True,
        validators=[
            RegexValidator(r"\A[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,2}\Z", "Write a language like en or zh_CN.")
        ],
        help_text="For example en or zh_CN. Empty: the tenant's.",
    )
    policies = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text="Codes of this person's policies or roles (receivePolicyCodes).",
    )
    is_active = models.BooleanField("active", default=True, help_text="When off, nothing is sent to this contact.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "user_id"], name="contact_user_id_once"),
            models.UniqueConstraint("tenant", Lower("email"), name="contact_email_once"),
            models.CheckConstraint(
                condition=models.Q(email__isnull=False) | models.Q(user_id__isnull=False), name="contact_is_known_by"
            ),
            # Target of the composite foreign key of GroupMember; also the order in which everybody is read.
            models.UniqueConstraint(fields=["tenant", "id"], name="contact_tenant_id"),
        ]
        indexes = [
            # Everybody with one of these policies.
            GinIndex(fields=["policies"], name="contact_policies"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"user {self.user_id}"


class ContactGroup(TenantOwned):
    class Kind(models.TextChoices):
        DEPT = "DEPT", "Department"
        GROUP = "GROUP", "Group"

    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.GROUP)
    number = models.BigIntegerField(
        validators=[MinValueValidator(0)],
        help_text="The number by which requests name it (receiveObjectIds of DEPT or GROUP).",
    )
    name = models.CharField(max_length=200)

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "number"], name="contact_group_once"),
            # Target of the composite foreign key of GroupMember.
            models.UniqueConstraint(fields=["tenant", "id"], name="contact_group_tenant_id"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display().lower()} {self.number})"


class GroupMember(TenantOwned):
    """Composite foreign keys (see the migration) keep contact, group and membership in one tenant."""

    group: Any = models.ForeignKey(ContactGroup, on_delete=models.CASCADE, related_name="+", db_index=False)
    contact: Any = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memberships")

    class Meta(TenantOwned.Meta):
        verbose_name = "membership"
        constraints = [
            # Members of a group are read by it.
            models.UniqueConstraint(fields=["group", "contact"], name="group_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.group_id}"
