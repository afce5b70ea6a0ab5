"""Foreign placeholders, translated into Jinja at save. Pure.

``${name}`` is FreeMarker's, which AngusGM's templates use (angus.md 8.4); ``{name}`` is Autional's, whose pages also
show ``{{name}}`` and Go's ``{{.name}}`` (autional.md 9); ``{{name}}`` alone is Tencent's (tencent.md 4.1). Only
substitution is taken over: a directive or an expression is a problem with its line, so that nobody finds it in a sent
mail. All other text comes out as it was typed. Lines stay where they are, so problems found later name the line that
was typed.
"""

import json
import re
from collections.abc import Callable

from templates_app.errors import TemplateRefused

_PATH = r"[^\W\d]\w*+(?:\.\w++)*+"
#: ``${a.b}`` and ``${a.b!"default"}``; else whatever FreeMarker would have run.
_DOLLAR = re.compile(
    rf"\$\{{[ ]*+(?P<path>{_PATH})[ ]*+"
    r"""(?P<default>!(?:"(?P<double>[^"\\\n]*+)"|'(?P<single>[^'\\\n]*+)')?)?[ ]*+\}"""
    r"|(?P<malformed>\$\{[^}\n]*+\}?|</?\#[a-z]+)"
)
#: Style sheets are full of braces that mean themselves. Malformed: an action of Go's, a name with blanks or dashes, and
#: a brace that its line never closes.
_BRACE = re.compile(
    r"(?P<untouched><(?P<tag>style|script)\b.*?(?:</(?P=tag)|\Z))"
    rf"|\{{\{{[ ]*+\.?(?P<double>{_PATH})[ ]*+\}}\}}"
    rf"|\{{(?P<path>{_PATH})\}}"
    r"|(?P<malformed>\{\{[^}\n]*+\}{0,2}|\{[^\W\d][\w .-]*+(?:\}|(?=[<\n]|\Z)))",
    re.DOTALL | re.IGNORECASE,
)
#: What is between two braces and no name is Tencent's to refuse as well.
_DOUBLE = re.compile(rf"\{{\{{[ ]*+(?P<path>{_PATH})[ ]*+\}}\}}|(?P<malformed>\{{\{{[^}}\n]*+\}}{{0,2}})")
#: Nobody reads more, and a hostile text must not make us count lines for ever.
_MAX_PROBLEMS = 20


def dollar_to_jinja(source: str) -> str:
    """``${name}``, ``${a.b}``, ``${name!"default"}``. Raises TemplateRefused for what else FreeMarker would run."""
    return _translate(source, _DOLLAR, _from_dollar)


def brace_to_jinja(source: str) -> str:
    """``{name}``, ``{{name}}``, ``{{.name}}``. Raises TemplateRefused for what looks like one of them and is none."""
    return _translate(source, _BRACE, _from_brace)


def double_to_jinja(source: str) -> str:
    """``{{name}}`` alone; ``{%`` and ``{#`` mean themselves. Raises TemplateRefused for ``{{`` without a name."""
    return _translate(source, _DOUBLE, _from_double)


def escape_literal(text: str) -> str:
    """``text`` such that Jinja prints it unchanged, whatever follows it."""
    return re.sub(r"\{(?=[{%#]|\Z)", '{{ "{" }}', text)


def _from_dollar(match: re.Match[str]) -> str:
    if match["default"] is None:
        return f"{{{{ {match['path']} }}}}"
    default = match["double"] or match["single"] or ""
    return f"{{{{ {match['path']}|default({json.dumps(default, ensure_ascii=False)}) }}}}"


def _from_brace(match: re.Match[str]) -> str:
    if match["untouched"]:
        return escape_literal(match["untouched"])
    return f"{{{{ {match['double'] or match['path']} }}}}"


def _from_double(match: re.Match[str]) -> str:
    return f"{{{{ {match['path']} }}}}"


def _translate(source: str, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str]) -> str:
    problems: list[tuple[int, str]] = []
    parts: list[str] = []
    end = 0
    for match in pattern.finditer(source):
        if match["malformed"]:
            line = source.count("\n", 0, match.start()) + 1
            problems.append((line, f"'{match.group().strip()[:40]}' is not a placeholder that can be filled in."))
            if len(problems) == _MAX_PROBLEMS:
                break
        parts += [escape_literal(source[end : match.start()]), replacement(match)]
        end = match.end()
    if problems:
        raise TemplateRefused(problems=problems)
    return "".join([*parts, escape_literal(source[end:])])
