"""Secrets at rest: what is stored, who can open it, and that nothing shows one by accident."""

import json
import pickle
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core import serializers
from django.db import connection
from pytest_django import Settings

from notifications.models import MailServer
from tenants import canary
from tenants.errors import SealBroken
from tenants.models import SealCanary
from tenants.sealed import Secret, seal_json, unseal_json
from tests.factories import MailServerFactory

CLEAR = "hunter2-Пароль-密码"


def stored(server: MailServer) -> Any:
    """The column itself, as a thief of the database would see it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT password FROM notifications_mailserver WHERE id = %s", [server.pk])
        return cursor.fetchone()[0]


def rotate(settings: Settings, *, keep: bool) -> None:
    new = Fernet.generate_key().decode()
    settings.FIELD_ENCRYPTION_KEYS = [new, *settings.FIELD_ENCRYPTION_KEYS] if keep else [new]


def test_what_is_sealed_is_revealed_unchanged() -> None:
    assert Secret.of(CLEAR).reveal() == CLEAR


def test_equal_secrets_are_sealed_differently() -> None:
    assert Secret.of(CLEAR).token != Secret.of(CLEAR).token


@pytest.mark.parametrize("show", [str, repr, "{}".format, "%s".__mod__, "{!r}".format])
def test_a_secret_shows_stars(show: Any) -> None:
    assert show(Secret.of(CLEAR)) == "Secret(********)"


def test_a_secret_cannot_be_serialised_by_accident() -> None:
    with pytest.raises(TypeError):
        json.dumps({"password": Secret.of(CLEAR)})


def test_a_pickled_secret_is_still_sealed() -> None:
    assert CLEAR.encode() not in pickle.dumps(Secret.of(CLEAR))


def test_a_new_first_key_opens_what_the_older_one_sealed(settings: Settings) -> None:
    secret = Secret.of(CLEAR)

    rotate(settings, keep=True)

    assert secret.reveal() == CLEAR


def test_a_resealed_secret_needs_the_first_key_alone(settings: Settings) -> None:
    secret = Secret.of(CLEAR)
    rotate(settings, keep=True)

    resealed = secret.resealed()

    settings.FIELD_ENCRYPTION_KEYS = settings.FIELD_ENCRYPTION_KEYS[:1]
    assert resealed.reveal() == CLEAR


def test_a_secret_that_no_key_opens_breaks_the_seal(settings: Settings) -> None:
    secret = Secret.of(CLEAR)

    rotate(settings, keep=False)

    with pytest.raises(SealBroken):
        secret.reveal()


def test_without_any_key_nothing_is_sealed_or_opened(settings: Settings) -> None:
    secret = Secret.of(CLEAR)

    settings.FIELD_ENCRYPTION_KEYS = []

    with pytest.raises(SealBroken):
        secret.reveal()
    with pytest.raises(SealBroken):
        Secret.of(CLEAR)


@pytest.mark.parametrize("token", ["", "clear text", "gAAAAA"])
def test_what_was_never_sealed_is_not_opened(token: str) -> None:
    with pytest.raises(SealBroken):
        Secret(token).reveal()


def test_a_sealed_text_that_was_changed_is_not_opened() -> None:
    token = Secret.of(CLEAR).token

    with pytest.raises(SealBroken):
        Secret(token[:40] + ("A" if token[40] != "A" else "B") + token[41:]).reveal()


def test_json_comes_back_as_it_was() -> None:
    value = {"verificationCode": "012345", "n": 1, "list": [None, True]}

    assert unseal_json(seal_json(value)) == value


@pytest.mark.django_db
def test_the_column_holds_ciphertext_and_the_row_gives_a_secret_back() -> None:
    server = MailServerFactory(password=Secret.of(CLEAR))

    assert CLEAR not in stored(server)
    password = MailServer.across_tenants.get(pk=server.pk).password
    assert isinstance(password, Secret)
    assert password.reveal() == CLEAR


@pytest.mark.django_db
def test_no_secret_stays_no_secret() -> None:
    server = MailServerFactory()

    assert stored(server) is None
    assert MailServer.across_tenants.get(pk=server.pk).password is None


@pytest.mark.django_db
def test_a_column_takes_no_clear_text() -> None:
    with pytest.raises(TypeError, match="never clear text"):
        MailServerFactory(password=CLEAR)


@pytest.mark.django_db
def test_a_dump_carries_ciphertext() -> None:
    server = MailServerFactory(password=Secret.of(CLEAR))

    dump = serializers.serialize("json", [server])

    assert "hunter2" not in dump
    assert stored(server) in dump


@pytest.mark.django_db
def test_the_canary_is_planted_once_and_lives_with_the_right_keys(settings: Settings) -> None:
    canary.check()
    rotate(settings, keep=True)

    canary.check()

    assert SealCanary.objects.count() == 1


@pytest.mark.django_db
def test_the_canary_stops_a_start_with_the_wrong_keys(settings: Settings) -> None:
    canary.check()
    rotate(settings, keep=False)

    with pytest.raises(SealBroken):
        canary.check()
