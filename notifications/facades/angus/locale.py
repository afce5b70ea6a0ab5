"""Which language a request speaks: the mail's when its body names none, and that of the sentences in the answer.

AngusGM looked at a cookie first and at parameters and headers later (angus.md 0); we honour the ways of both versions,
the most explicit one first. It knew two languages and matched them to the letter, so that browsers saying en-US got
Chinese mail; we match the primary language.
"""

import re
from collections.abc import Iterator

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

CHINESE, ENGLISH = "zh_CN", "en"
_NAMES = {CHINESE: "简体中文", ENGLISH: "English"}
_BY_PRIMARY = {"zh": CHINESE, "en": ENGLISH}
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[_-][A-Za-z0-9]{2,8}){0,2}")
_PARAMETERS = ("lang", "locale", "language")
# ``localeCookie`` holds "<locale>/<time zone>".
_COOKIES = ("USER_LANG", "APP_LANG", "localeCookie")


def requested_language(request: HttpRequest) -> str | None:
    """``zh_CN`` or ``en``, by the first thing in the request that names either; None when nothing does."""
    return next((language for named in _named(request) if (language := _supported(named))), None)


def named_language(language: str) -> dict[str, str]:
    """AngusGM's enum object of a language: its name for programs and for people."""
    return {"value": language, "message": _NAMES.get(language, language)}


def canonical_language(text: str) -> str | None:
    """A language tag as templates are filed under it (``zh-cn`` → ``zh_CN``); None when it is not a tag at all."""
    if not _TAG.fullmatch(text):
        return None
    primary, *rest = re.split("[_-]", text)
    return "_".join([primary.lower(), *(part.upper() if len(part) == 2 else part.title() for part in rest)])


def _named(request: HttpRequest) -> Iterator[str]:
    for name in _PARAMETERS:
        yield request.GET.get(name, "")
    for name in _COOKIES:
        yield request.COOKIES.get(name, "").partition("/")[0]
    yield request.headers.get("X-Lang", "")
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        yield tag


def _supported(text: str) -> str | None:
    return _BY_PRIMARY.get(re.split("[_-]", text.strip().lower(), maxsplit=1)[0])
