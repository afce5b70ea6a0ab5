"""Templates that the published examples of Autional and Tencent Cloud name, so that they can be tried as they stand."""

from templates_app import own_templates, publishing
from templates_app.errors import TemplateExists
from templates_app.models import Template, Translation
from templates_app.own_templates import Change
from tenants.models import Tenant

#: (channel, code): name, subject, HTML or text. The examples bring no variables, so none is required.
_TEMPLATES = {
    ("email", "welcome_email"): (
        "Welcome",
        {
            "subject": "Welcome, {{ name|default('friend') }}",
            "html": "<h1>Welcome, {{ name|default('friend') }}!</h1><p>Your account is ready.</p>",
        },
    ),
    ("email", "verify_code"): (
        "Verification code",
        {"subject": "Your verification code", "text": "Your verification code is {{ code|default('123456') }}."},
    ),
    ("sms", "verify_code"): (
        "Verification code",
        {"text": "Your verification code is {{ code|default('123456') }}."},
    ),
}
#: Tencent Cloud's example names a template by its number.
_NUMBER = 100091


def ensure_templates(tenant: Tenant) -> None:
    for (channel, code), (name, parts) in _TEMPLATES.items():
        wanted = Change(columns={"name": name}, parts=parts)
        try:
            own_templates.create(tenant.pk, code=code, language=tenant.default_language, wanted=wanted, channel=channel)
        except TemplateExists:
            continue
    if not Translation.objects.filter(pk=_NUMBER).exists():
        template = Template(tenant=tenant, code=f"EXAMPLE_{_NUMBER}", name="Verification code")
        template.save(force_insert=True)
        translation = Translation(pk=_NUMBER, template=template, language=tenant.default_language)
        translation.save(force_insert=True)
        publishing.publish(publishing.draft(translation, subject="Your code", text="Your code is {{ code }}."))
