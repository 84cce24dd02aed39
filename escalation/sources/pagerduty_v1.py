"""PagerDuty Events API v1 (“generic”), which Nagios' agent, Healthchecks and older scripts speak."""

import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from escalation.sources.event import (
    MAX_DEDUP_KEY,
    MAX_SUMMARY,
    Action,
    Event,
    Malformed,
    read_object,
    severity_of,
    web_address,
)
from escalation.sources.pagerduty import Enqueued, check_key
from escalation.sources.shapes import Lenient, validated


class _Context(Lenient):
    type: str
    href: str | None = None
    src: str | None = None
    text: str | None = None
    alt: str | None = None


class _Envelope(Lenient):
    service_key: str
    event_type: Action = Field(strict=False)
    incident_key: str | None = Field(None, max_length=MAX_DEDUP_KEY)
    description: str | None = None
    details: Any = None
    client: str | None = None
    client_url: str | None = None
    contexts: list[_Context] | None = None


def parse(body: bytes) -> Enqueued:
    """Read one event. A trigger without an incident key gets a fresh one; a description that is too long is
    cut, as PagerDuty does. Raises Malformed.

    The protocol has no word for how bad it is; `details.severity`, where a sender puts one, counts as that.
    """
    sent = read_object(body)
    envelope = validated(_Envelope, sent)
    check_key(envelope.service_key, name="service_key")
    if envelope.event_type is not Action.TRIGGER:
        return Enqueued(envelope.service_key, _about_an_open_one(envelope, sent))
    if not (envelope.description or "").strip():
        raise Malformed("'description' is missing: event_type trigger needs it")
    return Enqueued(envelope.service_key, _trigger(envelope, sent))


def _about_an_open_one(envelope: _Envelope, sent: Mapping[str, Any]) -> Event:
    if not envelope.incident_key:
        raise Malformed(f"'incident_key' is missing: event_type {envelope.event_type} needs it")
    return Event(action=envelope.event_type, dedup_key=envelope.incident_key, payload=_kept(sent))


def _trigger(envelope: _Envelope, sent: Mapping[str, Any]) -> Event:
    labels = _labels(envelope.details)
    word = labels.get("severity", "")
    return Event(
        action=Action.TRIGGER,
        dedup_key=envelope.incident_key or secrets.token_hex(16),
        summary=(envelope.description or "").strip()[:MAX_SUMMARY],
        severity=severity_of(word),
        word=word,
        source=(envelope.client or "")[:255],
        labels=labels,
        links=_links(envelope),
        payload=_kept(sent),
    )


def _labels(details: Any) -> dict[str, str]:
    if not isinstance(details, dict):
        return {}
    return {
        name: str(value) for name, value in details.items() if isinstance(value, str | int | float | bool)
    }


def _links(envelope: _Envelope) -> tuple[tuple[str, str], ...]:
    sent = [(one.text or one.alt or one.type, one.href or one.src or "") for one in envelope.contexts or ()]
    if envelope.client_url:
        sent.append((envelope.client or "source", envelope.client_url))
    return tuple((label[:100], address) for label, href in sent if (address := web_address(href)))


def _kept(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, without the secret that let it in."""
    return {name: value for name, value in sent.items() if name != "service_key"}
