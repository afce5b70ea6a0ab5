"""Language tags: one spelling for ``zh-CN``, ``zh_cn`` and ``ZH_CN``, and which language comes closest to a wish."""

from collections.abc import Iterable


def spelled(language: str) -> str:
    """As rows hold it: ``zh_CN``, ``en``, ``zh_Hans_CN``."""
    primary, *rest = language.strip().replace("-", "_").split("_")
    return "_".join([primary.lower(), *map(_subtag, rest)])


def closest(wanted: str, available: Iterable[str]) -> str | None:
    """``wanted`` itself, else its primary language (en for en_US), else any variety of that (zh_CN for zh or zh_TW)."""
    wanted, languages = spelled(wanted), set(available)
    if wanted in languages:
        return wanted
    primary = wanted.partition("_")[0]
    if primary in languages:
        return primary
    return min((language for language in languages if language.startswith(f"{primary}_")), default=None)


def _subtag(subtag: str) -> str:
    # BCP 47: regions are written in capitals, scripts with one.
    return {2: subtag.upper(), 4: subtag.title()}.get(len(subtag), subtag)
