"""All actions share one address, so the sweep of routes cannot tell them apart: this one goes by action."""

import pytest

from notifications.facades.tencent.actions import ACTIONS
from tests import strangers_tencent
from tests.strangers import Stranger

pytestmark = pytest.mark.django_db


def test_every_action_has_its_stranger():
    missing = sorted(set(ACTIONS) - set(strangers_tencent.ACTIONS))

    assert not missing, f"Add a case to tests/strangers_tencent.py for: {missing}"


@pytest.mark.parametrize("action", strangers_tencent.ACTIONS)
def test_a_stranger_gets_nothing(action):
    strangers_tencent.ACTIONS[action](Stranger())
