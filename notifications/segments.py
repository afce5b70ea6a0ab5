"""How many segments an SMS takes, which is what providers charge for. Pure (3GPP TS 23.038 6.2.1, 23.040 9.2.3.24).

A text of the GSM 7-bit alphabet takes 160 units in one segment or 153 in each of several; any other text is UCS-2 and
takes 70 or 67. Characters of the extension table and those beyond the basic plane take two units, which stay together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


#: Units in a segment that stands alone, and in each of several: these carry a header.
_ROOM = {Encoding.GSM_7: (160, 153), Encoding.UCS_2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Measure:
    encoding: Encoding
    #: Septets of GSM-7, 16-bit units of UCS-2.
    units: int
    segments: int


def measure(text: str) -> Measure:
    """The encoding that carries this text, its length in that encoding, and the segments it takes; at least one."""
    encoding = Encoding.GSM_7 if all(ch in _BASIC or ch in _EXTENSION for ch in text) else Encoding.UCS_2
    widths = [_width(ch, encoding) for ch in text]
    alone, among_several = _ROOM[encoding]
    units = sum(widths)
    return Measure(encoding, units, 1 if units <= alone else _pack(widths, among_several))


def _width(ch: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return 2 if ch in _EXTENSION else 1
    return 2 if ord(ch) > 0xFFFF else 1


def _pack(widths: Iterable[int], room: int) -> int:
    """Segments filled one after the other; a character that does not fit as a whole opens the next one."""
    segments, used = 1, 0
    for width in widths:
        if used + width > room:
            segments, used = segments + 1, 0
        used += width
    return segments
