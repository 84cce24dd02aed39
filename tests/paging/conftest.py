import pytest

from paging import dispatch
from tests.fakes.phone import FakePhone
from tests.paging.second import FIRST, SECOND, SecondSms


@pytest.fixture(autouse=True)
def _no_provider_rests():
    """What one test saw of a provider is nothing to the next."""
    dispatch.STANDING.forget()


@pytest.fixture
def second(phone, settings, monkeypatch):
    """Twilio is asked first for an SMS, and this one when it fails."""
    with FakePhone() as fake:
        monkeypatch.setattr(SecondSms, "url", fake.url)
        settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"sms": (FIRST, SECOND)}
        yield fake
