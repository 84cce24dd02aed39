"""`phone`, `mailbox` and `web`: with one in its arguments, a test pages for real, as far as the loopback."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.fakes.mailbox import FakeMailbox
from tests.fakes.phone import FakePhone
from tests.fakes.telnyx import FakeTelnyx
from tests.fakes.web import FakeWeb


@pytest.fixture
def phone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePhone]:
    """SMS and calls go to it. The test fails at its end if one arrived that it did not expect."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakePhone() as fake:
        settings.TWILIO = fake.settings
        settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {
            "sms": ("paging.channels.sms.SmsChannel",),
            "voice": ("paging.channels.voice.VoiceChannel",),
        }
        yield fake


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[FakeMailbox]:
    """Email goes to it, by SMTP. The test fails at its end if one arrived that it did not expect."""
    with FakeMailbox() as fake:
        settings.EMAIL_BACKEND = "paging.channels.smtp.Backend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = fake.host, fake.port
        settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {
            "email": ("paging.channels.email.EmailChannel",)
        }
        yield fake


@pytest.fixture
def telnyx(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelnyx]:
    """SMS go to it; beside `phone`, after Twilio. The test fails at its end if one arrived unexpectedly."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeTelnyx() as fake:
        settings.TELNYX = fake.settings
        before = tuple(path for path in settings.PAGING_CHANNELS["sms"] if path != settings.OUTBOX)
        settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {
            "sms": (*before, settings.SMS_CHANNELS["telnyx"])
        }
        yield fake


@pytest.fixture
def web(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeWeb]:
    """Chat services and webhooks may be on it. The test fails at its end if a request came unexpected."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeWeb() as fake:
        settings.WEBHOOK_PRIVATE_HOSTS = frozenset({fake.host})
        yield fake
