import pytest

from tests.escalation.handover.monday import Monday


@pytest.fixture
def world(db) -> Monday:
    return Monday()
