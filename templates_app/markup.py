"""HTML around template tags: where tags may stand, styles written into the elements, the text part derived. Pure.

The libraries that rewrite HTML know nothing of Jinja. So each tag is first replaced by an opaque mark (in text a
comment, which HTML allows even between table rows), and put back afterwards; literal braces that a library decodes on
the way (``&#123;&#123;``) are escaped then, so nothing becomes a tag that was not one before.
"""

import html
import re
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum, auto
from pathlib import Path

import inscriptis
from inscriptis.model.config import ParserConfig

from templates_app.dialects import escape_literal
from templates_app.errors import TemplateRefused
from templates_app.guard import Kind, Piece

_INLINER = Path(__file__).with_name("inline_child.py")
_INLINER_TIMEOUT_S = 20
#: As in that program, which is run and never imported.
_CANNOT_INLINE = 3
_TEXT_STYLE = ParserConfig(display_links=True)

_TAG = re.compile(r"""</?([a-zA-Z][\w:-]*)(?:[^"'>]++|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+>?""")
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))|<[!?][^>]*>?", re.DOTALL)
_QUOTED = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
#: As inscriptis writes it.
_LINK = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
_TABLE_PARTS = ("table", "tbody", "thead", "tfoot")
_TABLE_CELLS = ("td", "th", "caption")


class _Place(Enum):
    TEXT = auto()
    TAG = auto()
    COMMENT = auto()
    #: Inside title and textarea: text without elements.
    PLAIN = auto()
    #: Inside style and script.
    FOREIGN = auto()


class _Marks:
    """The pieces as one text in which every tag is a mark, and the way back. A mark cannot be guessed, so not typed."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._stem = f"m{secrets.token_hex(6)}"
        self._pieces = pieces
        self.pattern = re.compile(rf"<!--{self._stem}n(\d+)x-->|{self._stem}n(\d+)x")
        self.text = "".join(
            piece.text if piece.kind is Kind.LITERAL else self.mark(index) for index, piece in enumerate(pieces)
        )

    @property
    def openings(self) -> list[int]:
        return [index for index, piece in enumerate(self._pieces) if piece.kind in (Kind.OPEN, Kind.OPEN_LOOP)]

    def mark(self, index: int) -> str:
        return f"{self._stem}n{index}x"

    def indexes(self, marked: str) -> list[int]:
        return [int(match[1] or match[2]) for match in self.pattern.finditer(marked)]

    def pieces(self, marked: str) -> list[Piece]:
        return [self._pieces[index] for index in self.indexes(marked)]

    def back(self, marked: str) -> str:
        """Jinja again."""
        parts, end = [], 0
        for match in self.pattern.finditer(marked):
            parts += [escape_literal(marked[end : match.start()]), self._pieces[int(match[1] or match[2])].text]
            end = match.end()
        return "".join([*parts, escape_literal(marked[end:])])


def check_places(pieces: Sequence[Piece]) -> None:
    """Raises TemplateRefused where a tag stands where a value could change the page's structure."""
    marks = _Marks(pieces)
    problems = []
    for place, _, content in _walk(marks.text):
        if place is _Place.FOREIGN:
            reason = "Variables cannot be used inside <style> or <script>."
            problems += [(piece.line, reason) for piece in marks.pieces(content)]
        elif place is _Place.TAG:
            reason = (
                'Inside an element\'s tag, variables can stand only in a quoted attribute, as in href="{{ link }}".'
            )
            problems += [(piece.line, reason) for piece in marks.pieces(_QUOTED.sub("=", content))]
            values = [marks.pieces(value) for value in _quoted_values(content)]
            reason = "A block that opens inside an attribute must end inside it."
            problems += [(value[0].line, reason) for value in values if not _is_balanced(value)]
    if problems:
        raise TemplateRefused(problems=problems)


def inline_styles(pieces: Sequence[Piece]) -> str:
    """The page as Jinja, its style sheets written into the elements; at-rules such as @media stay in ``<style>``.

    Unchanged where there is no style sheet, or where the page is so malformed that rewriting it would move text.
    Raises TemplateRefused for a page that cannot be rewritten within bounds.
    """
    marks = _Marks(pieces)
    if not any((place, name) == _STYLE for place, name, _ in _walk(marks.text)):
        return marks.back(marks.text)
    protected = "".join(
        marks.pattern.sub(r"<!--\g<0>-->", content) if place is _Place.TEXT else content
        for place, _, content in _walk(marks.text)
    )
    inlined = _inline(protected)
    if inlined is None:
        return marks.back(marks.text)
    if "<tbody" not in marks.text.lower():
        # The parser supplies it before the first row, so inside a loop over the rows; it belongs around the loop.
        opening = "|".join(rf"<!--{marks.mark(index)}-->" for index in marks.openings) or "(?!)"
        inlined = re.sub(rf"((?:(?:{opening})\s*)+)<tbody>", r"<tbody>\1", inlined)
    return marks.back(inlined if _reading(marks, inlined) == _reading(marks, protected) else marks.text)


def derive_text(pieces: Sequence[Piece]) -> str:
    """The page's text as Jinja, links as ``[words](address)``. Blocks around rows and list items stay there."""
    marks = _Marks(pieces)
    blocks = "|".join(
        marks.mark(index) for index, piece in enumerate(pieces) if piece.kind not in (Kind.LITERAL, Kind.OUTPUT)
    )
    text = inscriptis.get_text(_rows_around_loose_marks(marks), _TEXT_STYLE)
    text = _LINK.sub(lambda link: link[2] if marks.back(link[1]) == marks.back(link[2]) else link[0], text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    text = re.sub(r"(?<=\S)[ \t\xa0]{3,}", "  ", text)
    if blocks:
        # A block alone on its line would leave an empty line behind wherever it is rendered.
        text = re.sub(rf"^[ \t]*((?:(?:{blocks})[ \t]*)+)\n+", r"\1", text, flags=re.MULTILINE)
    return marks.back(re.sub(r"\n{3,}", "\n\n", text).strip() + "\n")


_STYLE = (_Place.FOREIGN, "style")


def _walk(page: str) -> Iterator[tuple[_Place, str, str]]:
    """The page in order, split by place; with the element's name where there is one. Linear for any input."""
    position = 0
    while position < len(page):
        start = page.find("<", position)
        if start != position:
            end = len(page) if start < 0 else start
            yield _Place.TEXT, "", page[position:end]
            position = end
        elif match := _COMMENT.match(page, position):
            yield _Place.COMMENT, "", match.group()
            position = match.end()
        elif match := _TAG.match(page, position):
            name = match[1].lower()
            yield _Place.TAG, name, match.group()
            position = match.end()
            if name in ("style", "script", "title", "textarea") and not match.group().startswith("</"):
                closing = re.compile(rf"</{name}\b", re.IGNORECASE).search(page, position)
                end = closing.start() if closing else len(page)
                yield _Place.FOREIGN if name in ("style", "script") else _Place.PLAIN, name, page[position:end]
                position = end
        else:
            yield _Place.TEXT, "", "<"
            position += 1


def _inline(page: str) -> str | None:
    """None when the page has to stay as it is. Raises TemplateRefused when it broke the bounds of ``inline_child``."""
    command = [sys.executable, "-I", str(_INLINER)]
    too_much = TemplateRefused(problems=[(1, "Page and style sheet are too large, or nested too deeply, to combine.")])
    try:
        done = subprocess.run(command, input=page.encode(), capture_output=True, timeout=_INLINER_TIMEOUT_S)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise too_much from error
    if done.returncode not in (0, _CANNOT_INLINE):
        raise too_much
    return done.stdout.decode() if done.returncode == 0 else None


def _quoted_values(tag: str) -> list[str]:
    return [double or single for double, single in _QUOTED.findall(tag)]


def _is_balanced(pieces: Sequence[Piece]) -> bool:
    depth = 0
    for piece in pieces:
        depth += piece.kind in (Kind.OPEN, Kind.OPEN_LOOP)
        depth -= piece.kind in (Kind.CLOSE, Kind.CLOSE_LOOP)
        if depth < 0 or (piece.kind is Kind.MIDDLE and not depth):
            return False
    return depth == 0


def _reading(marks: _Marks, page: str) -> tuple[str, Counter[tuple[int, ...]]]:
    """What must not change: text and marks in their order without white space, and the marks of each attribute."""
    words = []
    attributes: Counter[tuple[int, ...]] = Counter()
    for place, _, content in _walk(page):
        if place is _Place.TAG:
            attributes.update(tuple(marks.indexes(value)) for value in _quoted_values(content))
        elif place is not _Place.FOREIGN:
            words.append(html.unescape(content))
    del attributes[()]
    return "".join("".join(words).split()), attributes


def _rows_around_loose_marks(marks: _Marks) -> str:
    """Text directly in a table, outside its cells, has no place; a block that stands there gets a row of its own."""
    parts: list[str] = []
    around: list[str] = []
    for place, name, content in _walk(marks.text):
        if place is _Place.TEXT and around and around[-1] not in _TABLE_CELLS:
            wrapped = r"<td>\g<0></td>" if around[-1] == "tr" else r"<tr><td>\g<0></td></tr>"
            parts.append(marks.pattern.sub(wrapped, content))
            continue
        parts.append(content)
        if place is _Place.TAG and name in (*_TABLE_PARTS, *_TABLE_CELLS, "tr"):
            _follow(around, name, is_closing=content.startswith("</"))
    return "".join(parts)


def _follow(around: list[str], name: str, *, is_closing: bool) -> None:
    """Keeps ``around``, the table elements that are open, as a browser would: cells and rows may end unsaid."""
    if is_closing:
        if name in around:
            del around[len(around) - 1 - around[::-1].index(name) :]
        return
    ends_unsaid = {"td": _TABLE_CELLS, "th": _TABLE_CELLS, "tr": (*_TABLE_CELLS, "tr")}.get(name, ())
    while around and around[-1] in ends_unsaid:
        around.pop()
    around.append(name)
