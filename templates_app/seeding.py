"""The templates that come with Angarium, in AngusGM's codes and variables: for mail one file each in ``seeds/``, with
AngusGM's ids; for SMS all of them in one.

What is missing is created, what the seeds made is brought up to date, and what somebody edited is kept: a translation
with any version that no seed made, or one that was withdrawn, belongs to the operators.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from templates_app.models import BizKeyBinding, Template, TemplateVersion, Translation
from templates_app.publishing import Source, draft, publish

_FOLDER = Path(__file__).with_name("seeds")
_FOOTERS = {
    "zh_CN": "这封邮件由系统自动发出，请不要直接回复。",
    "en": "This message was sent automatically; replies are not read.",
}

CREATED, UPDATED, KEPT = "created", "updated", "kept"


@dataclass(frozen=True, slots=True)
class Loaded:
    channel: str
    code: str
    language: str
    #: CREATED, UPDATED or KEPT.
    outcome: str


def load() -> list[Loaded]:
    """Every seed for mail in every language, by file name. Run as often as you like."""
    seeds = [_read(path) for path in sorted(_FOLDER.glob("*.toml"))]
    return [loaded for seed in seeds for loaded in _load_seed(seed, "email", _sources(seed))]


def load_sms() -> list[Loaded]:
    """As ``load``, for SMS."""
    seeds = _read(_FOLDER / "sms" / "templates.toml")["templates"]
    return [loaded for seed in seeds for loaded in _load_seed(seed, "sms", _texts(seed))]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@transaction.atomic
def _load_seed(seed: dict[str, Any], channel: str, sources: Iterable[tuple[str, Source]]) -> list[Loaded]:
    template = _template(seed, channel)
    for biz_key in seed["biz_keys"]:
        BizKeyBinding.across_tenants.get_or_create(
            tenant=None, channel=channel, biz_key=biz_key, defaults={"template": template}
        )
    return [
        Loaded(channel, template.code, language, _load_translation(template, language, seed[language]["id"], source))
        for language, source in sources
    ]


def _template(seed: dict[str, Any], channel: str) -> Template:
    template, _ = Template.across_tenants.get_or_create(
        tenant=None,
        channel=channel,
        code=seed["code"],
        defaults={
            "name": seed["name"],
            "verification_code": seed.get("verification_code", False),
            "code_validity_s": seed.get("code_validity_s"),
        },
    )
    return template


def _sources(seed: dict[str, Any]) -> Iterator[tuple[str, Source]]:
    layout = (_FOLDER / "layout.html").read_text(encoding="utf-8")
    for language, footer in _FOOTERS.items():
        words = seed[language]
        html = (
            layout.replace("[[lang]]", language.replace("_", "-"))
            .replace("[[subject]]", words["subject"])
            .replace("[[preheader]]", words["preheader"])
            .replace("[[tone]]", seed["tone"])
            .replace("[[content]]", words["html"].strip())
            .replace("[[footer]]", footer)
        )
        yield language, Source(subject=words["subject"], html=html, text=f"{words['text'].strip()}\n\n-- \n{footer}\n")


def _texts(seed: dict[str, Any]) -> Iterator[tuple[str, Source]]:
    for language in _FOOTERS:
        yield language, Source(text=seed[language]["text"])


def _load_translation(template: Template, language: str, public_id: int, source: Source) -> str:
    translation, _ = Translation.objects.get_or_create(template=template, language=language, defaults={"id": public_id})
    # Two loaders at once: the second waits here and then finds the work done.
    translation = Translation.objects.select_for_update().get(pk=translation.pk)
    versions = TemplateVersion.objects.filter(translation=translation)
    digest = hashlib.sha256("\0".join([source.subject, source.html, source.text]).encode()).hexdigest()
    newest = versions.order_by("-number").first()
    if newest is not None and (translation.published_id is None or newest.seed == digest):
        return KEPT
    if versions.filter(seed="").exists():
        return KEPT
    version = draft(translation, subject=source.subject, html=source.html, text=source.text, dialect=source.dialect)
    TemplateVersion.objects.filter(pk=version.pk).update(seed=digest)
    publish(version)
    return UPDATED if newest else CREATED
