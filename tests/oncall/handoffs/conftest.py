from datetime import timedelta

import pytest

from oncall.handoffs import look
from tests.oncall.handoffs.keeping import Kept


@pytest.fixture
def world(db, monkeypatch) -> Kept:
    """With a keeper that looks only a few times a day when nothing is due, so that weeks pass quickly."""
    monkeypatch.setattr(look, "AT_LEAST_EVERY", timedelta(hours=6))
    return Kept()
