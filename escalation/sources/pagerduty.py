"""PagerDuty Events API v2: alert events and change events."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from escalation.sources.event import (
    MAX_DEDUP_KEY,
    MAX_SUMMARY,
    Action,
    Change,
    Event,
    Malformed,
    read_object,
    read_time,
    severity_of,
    web_address,
)
from escalation.sources.shapes import Lenient, validated

KEY_LENGTH = 32
KEY_IN = re.compile(rb"\"(?:routing_key|service_key)\"\s{0,20}:\s{0,20}\"([0-9A-Za-z]{32})\"")


class _Payload(Lenient):
    summary: str = Field(min_length=1, max_length=MAX_SUMMARY)
    source: str = Field(min_length=1, max_length=1024)
    severity: str
    timestamp: str | None = None
    component: str | None = Field(None, max_length=1024)
    group: str | None = Field(None, max_length=1024)
    class_: str | None = Field(None, alias="class", max_length=1024)
    custom_details: Any = None


class _Link(Lenient):
    href: str
    text: str | None = None


class _Envelope(Lenient):
    routing_key: str
    event_action: Action = Field(strict=False)
    dedup_key: str | None = Field(None, max_length=MAX_DEDUP_KEY)
    payload: dict[str, Any] | None = None
    links: list[_Link] | None = None
    images: Any = None
    client: str | None = None
    client_url: str | None = None


class _ChangePayload(Lenient):
    summary: str = Field(min_length=1, max_length=MAX_SUMMARY)
    source: str | None = None
    timestamp: str | None = None


class _ChangeEnvelope(Lenient):
    routing_key: str
    payload: _ChangePayload


@dataclass(frozen=True)
class Enqueued:
    """A request to `/v2/enqueue`: for whom, and what it says."""

    routing_key: str
    event: Event


@dataclass(frozen=True)
class ChangeEnqueued:
    routing_key: str
    change: Change


def parse(body: bytes) -> Enqueued:
    """Read one alert event. A trigger without a dedup key gets a fresh one. Raises Malformed."""
    sent = read_object(body)
    envelope = validated(_Envelope, sent)
    check_key(envelope.routing_key)
    if envelope.event_action is Action.TRIGGER:
        return Enqueued(envelope.routing_key, _trigger(envelope, sent))
    if not envelope.dedup_key:
        raise Malformed(f"'dedup_key' is missing: event_action {envelope.event_action} needs it")
    return Enqueued(
        envelope.routing_key,
        Event(action=envelope.event_action, dedup_key=envelope.dedup_key, payload=_kept(sent)),
    )


def parse_change(body: bytes) -> ChangeEnqueued:
    """Read one change event. Raises Malformed."""
    sent = read_object(body)
    envelope = validated(_ChangeEnvelope, sent)
    check_key(envelope.routing_key)
    payload = envelope.payload
    change = Change(
        summary=payload.summary,
        source=(payload.source or "")[:255],
        at=read_time(payload.timestamp),
        payload=_kept(sent),
    )
    return ChangeEnqueued(envelope.routing_key, change)


def key_in(body: bytes, name: str = "routing_key") -> str:
    """The key by which a body came that cannot be read, as far as that can be told; else nothing. Of one
    that is JSON all the same, only what stands where it belongs.
    """
    try:
        found = read_object(body).get(name)
    except Malformed:
        written = KEY_IN.search(body)
        found = written.group(1).decode() if written else ""
    return found if isinstance(found, str) else ""


def _trigger(envelope: _Envelope, sent: Mapping[str, Any]) -> Event:
    if envelope.payload is None:
        raise Malformed(
            "'payload' is missing: event_action trigger needs payload.summary, .source and .severity"
        )
    payload = validated(_Payload, envelope.payload, inside="payload.")
    return Event(
        action=Action.TRIGGER,
        dedup_key=envelope.dedup_key or secrets.token_hex(16),
        summary=payload.summary,
        severity=severity_of(payload.severity),
        word=payload.severity,
        source=payload.source[:255],
        labels=_labels(payload),
        links=_links(envelope),
        payload=_kept(sent),
        began_at=read_time(payload.timestamp),
    )


def _labels(payload: _Payload) -> dict[str, str]:
    named = {"component": payload.component, "group": payload.group, "class": payload.class_}
    labels = {name: value for name, value in named.items() if value}
    if isinstance(payload.custom_details, dict):
        labels |= {
            str(name): str(value)
            for name, value in payload.custom_details.items()
            if isinstance(value, str | int | float | bool)
        }
    return labels


def _links(envelope: _Envelope) -> tuple[tuple[str, str], ...]:
    sent = [(link.text or "link", link.href) for link in envelope.links or ()]
    sent += _images(envelope.images)
    if envelope.client_url:
        sent.append((envelope.client or "source", envelope.client_url))
    return tuple((label[:100], address) for label, href in sent if (address := web_address(href)))


def _images(sent: Any) -> list[tuple[str, str]]:
    """What a picture leads to, or the picture itself. A broken one is no reason to refuse the event."""
    found = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    return [(str(one.get("alt") or "image"), one.get("href") or one.get("src") or "") for one in found]


def _kept(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, without the secret that let it in."""
    return {name: value for name, value in sent.items() if name != "routing_key"}


def check_key(key: str, *, name: str = "routing_key") -> None:
    """Raises Malformed, in PagerDuty's own words."""
    if len(key) != KEY_LENGTH:
        raise Malformed(f"Length of '{name}' is incorrect (should be {KEY_LENGTH} characters)")
