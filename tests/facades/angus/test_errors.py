"""The catalogue: every refusal that there is reads as something of AngusGM's."""

import re

import pytest
from django.utils import translation

from notifications.errors import CodeRepeated
from notifications.facades.angus.errors import TABLE
from notifications.facades.angus.sentences import CHINESE, crash_sentence, sentence
from tenants.errors import DomainError
from tests.facades.refusals import CODES, REFUSALS

PARAMETER = re.compile(r"%\((\w+)\)[sd]")


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_an_entry(cls: type[DomainError]) -> None:
    assert cls.code in TABLE, f"{cls.__name__} ({cls.code}) has no entry in facades/angus/errors.py"


def test_every_entry_is_a_refusal_that_exists() -> None:
    assert set(TABLE) == CODES


@pytest.mark.parametrize("code", sorted(TABLE))
def test_codes_belong_to_a_family(code: str) -> None:
    entry = TABLE[code]

    assert entry.code in ("E0", "E1", "E2", "E3") or entry.code.startswith("BEM")
    assert entry.e_key.isascii()
    assert (entry.status == 200) == (entry.code == "E1" or entry.code.startswith("BEM") or entry.code == "E3")


@pytest.mark.parametrize("cls", REFUSALS, ids=lambda cls: cls.__name__)
def test_every_refusal_has_a_chinese_sentence_over_the_same_parameters(cls: type[DomainError]) -> None:
    chinese = CHINESE[cls.code]

    assert re.search("[\u4e00-\u9fff：]", chinese)
    assert sorted(PARAMETER.findall(chinese)) == sorted(PARAMETER.findall(str(cls.message)))


def test_every_chinese_sentence_belongs_to_a_refusal() -> None:
    assert set(CHINESE) == CODES


def test_sentences_are_in_the_language_of_the_request() -> None:
    refusal = CodeRepeated(seconds=7)

    with translation.override("zh-hans"):
        assert sentence(refusal) == "刚刚已向该地址发送过验证码，请在 7 秒后重试。"
        assert crash_sentence().startswith("服务端")
    with translation.override("en"):
        assert sentence(refusal) == "A code was sent to this address a moment ago. Try again in 7 seconds."
