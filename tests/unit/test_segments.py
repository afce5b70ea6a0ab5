"""Segments of an SMS, against figures that anybody can look up in 3GPP TS 23.038 and 23.040."""

import pytest

from notifications.segments import Encoding, measure

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2
THUMB = "\N{THUMBS UP SIGN}"

CASES = {
    "an empty text is still one": ("", GSM, 0, 1),
    "160 of the basic alphabet": ("a" * 160, GSM, 160, 1),
    "161 of them": ("a" * 161, GSM, 161, 2),
    "two full parts": ("a" * 306, GSM, 306, 2),
    "one more than two full parts": ("a" * 307, GSM, 307, 3),
    "all letters of the basic alphabet with accents": ("@£$¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¡¤_", GSM, 42, 1),
    "line breaks": ("a\r\nb", GSM, 4, 1),
    "the euro sign counts two": ("€", GSM, 2, 1),
    "every character of the extension table counts two": ("\f^{}\\[~]|€", GSM, 20, 1),
    "80 euro signs": ("€" * 80, GSM, 160, 1),
    "79 euro signs and three letters": ("€" * 79 + "abc", GSM, 161, 2),
    "an escaped character is not torn apart": ("a" * 152 + "€" + "a" * 152, GSM, 306, 3),
    "70 Chinese characters": ("你" * 70, UCS, 70, 1),
    "71 of them": ("你" * 71, UCS, 71, 2),
    "134, two full parts": ("你" * 134, UCS, 134, 2),
    "135": ("你" * 135, UCS, 135, 3),
    "one character beyond GSM-7 turns all of it into UCS-2": ("a" * 70 + "你", UCS, 71, 2),
    "a c with cedilla in lower case is not of the alphabet": ("ç", UCS, 1, 1),
    "a typographic apostrophe is not": ("it\N{RIGHT SINGLE QUOTATION MARK}s", UCS, 4, 1),
    "a euro sign counts one in UCS-2": ("€你", UCS, 2, 1),
    "an emoji counts two": (THUMB, UCS, 2, 1),
    "35 emoji": (THUMB * 35, UCS, 70, 1),
    "36 emoji": (THUMB * 36, UCS, 72, 2),
    "a surrogate pair is not torn apart": ("你" * 66 + THUMB + "你" * 66, UCS, 134, 3),
}


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), CASES.values(), ids=CASES.keys())
def test_a_text_is_measured_as_the_network_does(text: str, encoding: Encoding, units: int, segments: int) -> None:
    measured = measure(text)

    assert (measured.encoding, measured.units, measured.segments) == (encoding, units, segments)
