"""Refusals of the template side: nothing bound, nothing written in that language, a variable missing, a bad text."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class TemplateNotBound(DomainError):
    code = "template.not_bound"
    message = _("No template is bound to the business key '%(biz_key)s'.")


class TemplateMissing(DomainError):
    """Also for a code that nobody has: callers see one kind of "no such template"."""

    code = "template.missing"
    message = _("%(resource)s not found: [%(code)s-%(language)s]")


class TemplateExists(DomainError):
    code = "template.exists"
    message = _("There is a template '%(code)s' in %(language)s already.")


class VariableMissing(DomainError):
    """``recipient`` is for the caller's own error field; the sentence leaves it out, because sentences are logged."""

    code = "template.variable_missing"
    message = _("The template needs the variable '%(variable)s', which was not given.")


class TemplateRefused(DomainError):
    """Every problem found at save, as ``(line, reason)``; a reason begins with the part it is in, such as "HTML"."""

    code = "template.refused"
    message = _("The template was refused. %(summary)s")

    def __init__(self, *, problems: Sequence[tuple[int, str]]) -> None:
        summary = " ".join(f"Line {line}: {reason}" for line, reason in problems)
        super().__init__(problems=tuple(problems), summary=summary)

    @property
    def problems(self) -> tuple[tuple[int, str], ...]:
        found: tuple[tuple[int, str], ...] = self.params["problems"]
        return found


class RenderFailed(DomainError):
    """Trying again cannot help: the same version with the same variables fails the same way."""

    code = "template.render_failed"
    message = _("The template could not be rendered: %(reason)s")
