"""The catalogue: every refusal that there is reads as something of Tencent's, in two languages."""

import ast
import re
from pathlib import Path

import pytest

import notifications.facades.refusals
from notifications.facades.tencent.errors import TABLE
from notifications.facades.tencent.sentences import SENTENCES
from tests.facades.refusals import CODES, REFUSALS

FACADE = Path(notifications.facades.refusals.__file__).parent / "tencent"
PARAMETER = re.compile(r"%\((\w+)\)[sd]")


def raised() -> set[str]:
    """Every code that the facade's own modules raise."""
    calls = (
        node
        for path in FACADE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("TencentError", "OnRecord") and node.args
    )
    return {str(call.args[0].value) for call in calls if isinstance(call.args[0], ast.Constant)}


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_an_entry(cls):
    assert cls.code in TABLE, f"{cls.__name__} ({cls.code}) has no entry in facades/tencent/errors.py"


def test_every_entry_is_a_refusal_that_exists():
    assert set(TABLE) == CODES


def test_every_code_has_a_sentence():
    """One of its own, or its family's."""
    missing = {code for code in raised() | set(TABLE.values()) if {code, code.partition(".")[0]}.isdisjoint(SENTENCES)}

    assert not missing


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_both_languages_say_the_same(code):
    english, chinese = SENTENCES[code]

    assert english.isascii()
    assert re.search("[\u4e00-\u9fff]", chinese)
    assert sorted(PARAMETER.findall(english)) == sorted(PARAMETER.findall(chinese))
