import pytest

from tests.oncall.feeds.office import Office
from tests.readers.programs import CI, missing


def pytest_collection_modifyitems(config, items):
    """Where ical.js cannot run, what needs it is left out, and the summary says so; under CI it fails."""
    if CI or not missing():
        return
    config.hook.pytest_deselected(items=[item for item in items if "ical_js" in item.keywords])
    items[:] = [item for item in items if "ical_js" not in item.keywords]


@pytest.fixture
def office(db) -> Office:
    return Office()
