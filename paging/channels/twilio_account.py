"""Twilio's account: its client with our timeouts and base address, its errors in our words."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from paging.channels.base import ChannelError, Fault
from paging.channels.callbacks import NotReachable
from paging.core.message import Message
from paging.core.twilio import KNOWN, number_of
from people import outbound

PROVIDER = "twilio"
TITLE = "Twilio"
TIMEOUT = (3.0, 5.0)  # seconds to connect and to answer: 8 together, below dispatch's lease
KEPT = 15.0  # seconds a connection may rest: less than a server or a router in between lets it

# Our own address, which Twilio has to reach: not public, or not well formed.
UNREACHABLE = frozenset({21205, 21609})
TEMPORARY_STATUS = frozenset({408, 429})


class _Http(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own client has no timeout by default, and no setting for another base address."""

    def __init__(self, *, base_url: str) -> None:
        super().__init__()
        self.timeout = TIMEOUT
        self._base_url = base_url

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if self._base_url:
            parts = urlsplit(url)
            url = self._base_url + parts.path + (f"?{parts.query}" if parts.query else "")
        return super().request(method, url, *args, **kwargs)


@dataclass
class _Kept:
    """A client whose connection stays open, so that a burst pays for one handshake, not for each."""

    config: Mapping[str, str]
    client: Client
    http: _Http
    until: float
    connections: outbound.Connections = field(default_factory=outbound.Connections)


class _OfThread(threading.local):
    """Each thread has its own: nobody says that the client may be shared."""

    kept: _Kept | None = None


_OF_THREAD = _OfThread()


@contextmanager
def account() -> Iterator[Any]:
    """Twilio's REST client. Inside, all that Twilio or the network refuses is a ChannelError."""
    kept = _client(settings.TWILIO)
    outbound.keep(kept.connections)
    try:
        yield kept.client
    except (TwilioRestException, TwilioServiceException) as fault:
        raise _translated(fault) from fault
    except OSError as fault:  # what `requests` raises without an answer
        _close()
        raise ChannelError(f"Twilio did not answer: {fault}", fault=Fault.TEMPORARY) from fault
    kept.until = monotonic() + KEPT


def _client(config: Mapping[str, str]) -> _Kept:
    kept = _OF_THREAD.kept
    if kept is not None and kept.config == config and monotonic() < kept.until:
        return kept
    _close()
    http = _Http(base_url=config["api_base_url"])
    client = Client(config["account_sid"], config["auth_token"], http_client=http)
    kept = _OF_THREAD.kept = _Kept(dict(config), client, http, until=monotonic() + KEPT)
    return kept


def _close() -> None:
    if _OF_THREAD.kept is not None:
        _OF_THREAD.kept.http.session.close()
        _OF_THREAD.kept.connections.end()
        _OF_THREAD.kept = None


def _translated(fault: Any) -> ChannelError:
    code, status = number_of(fault.code), number_of(fault.status)
    said = getattr(fault, "msg", "") or getattr(fault, "title", "")
    if code in UNREACHABLE:
        return NotReachable(f"Twilio {code}: PUBLIC_URL cannot be reached from outside", fault=Fault.MESSAGE)
    if code in KNOWN:
        kind, why = KNOWN[code]
        return ChannelError(f"Twilio {code}: {why}", fault=kind)
    temporary = status in TEMPORARY_STATUS or status >= 500
    kind = Fault.TEMPORARY if temporary else Fault.MESSAGE
    return ChannelError(f"Twilio {code or status}: {said}", fault=kind)


def status_callback(message: Message) -> str:
    """Where Twilio says what became of it. It carries our own id, so that it proves that the message left
    even when its sender died before it was told.
    """
    return f"{settings.PUBLIC_URL}/twilio/status/{message.message_id}"


def voice_address(message: Message) -> str:
    """What Twilio asks when the phone is picked up. Only Twilio's signature opens it."""
    return f"{settings.PUBLIC_URL}/twilio/voice/{message.message_id}"


def sender(*, voice: bool = False) -> dict[str, str]:
    """Who it comes from. A messaging service cannot call."""
    service, number = settings.TWILIO["messaging_service_sid"], settings.TWILIO["from_number"]
    if voice and not number:
        raise ChannelError(
            "Calls need TWILIO_FROM_NUMBER; a messaging service only sends SMS.", fault=Fault.PROVIDER
        )
    return {"from_": number} if voice or not service else {"messaging_service_sid": service}
