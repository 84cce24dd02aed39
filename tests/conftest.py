import pytest
from django.core.cache import cache
from hypothesis import HealthCheck, settings

from escalation.intake.refusals import notebook
from people import clock

pytest_plugins = ["tests.emptying", "tests.fakes.fixtures", "tests.summary_plugin"]

# A busy machine is no counterexample.
settings.register_profile("tests", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


@pytest.fixture(autouse=True)
def this_machines_clock():
    """What one test found out about a clock that is wrong is no matter of the next."""
    yield
    clock.trust_this_machine()
    cache.clear()


@pytest.fixture(autouse=True)
def refusals_are_noted_at_once(monkeypatch):
    """By the thread of the test, which alone sees the rows of the test."""
    monkeypatch.setattr(notebook, "wake", notebook.write)
