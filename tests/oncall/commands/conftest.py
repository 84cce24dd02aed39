import pytest

from tests.oncall.feeds.office import Office


@pytest.fixture
def office(db) -> Office:
    return Office()
