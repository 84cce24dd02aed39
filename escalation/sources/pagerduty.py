"""PagerDuty Events API v2: alert events and change events."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

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

Model = TypeVar("Model", bound=BaseModel)

KEY_LENGTH = 32
WRONG_KEY_LENGTH = f"Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)"


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Payload(_Lenient):
    summary: str = Field(min_length=1, max_length=MAX_SUMMARY)
    source: str = Field(min_length=1, max_length=1024)
    severity: str
    timestamp: str | None = None
    component: str | None = Field(None, max_length=1024)
    group: str | None = Field(None, max_length=1024)
    class_: str | None = Field(None, alias="class", max_length=1024)
    custom_details: Any = None


class _Link(_Lenient):
    href: str
    text: str | None = None


class _Envelope(_Lenient):
    routing_key: str
    event_action: Action = Field(strict=False)
    dedup_key: str | None = Field(None, max_length=MAX_DEDUP_KEY)
    payload: dict[str, Any] | None = None
    links: list[_Link] | None = None
    client: str | None = None
    client_url: str | None = None


class _ChangePayload(_Lenient):
    summary: str = Field(min_length=1, max_length=MAX_SUMMARY)
    source: str | None = None
    timestamp: str | None = None


class _ChangeEnvelope(_Lenient):
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
    envelope = _validated(_Envelope, sent)
    _check_key(envelope.routing_key)
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
    envelope = _validated(_ChangeEnvelope, sent)
    _check_key(envelope.routing_key)
    payload = envelope.payload
    change = Change(
        summary=payload.summary,
        source=(payload.source or "")[:255],
        at=read_time(payload.timestamp),
        payload=_kept(sent),
    )
    return ChangeEnqueued(envelope.routing_key, change)


def _trigger(envelope: _Envelope, sent: Mapping[str, Any]) -> Event:
    if envelope.payload is None:
        raise Malformed(
            "'payload' is missing: event_action trigger needs payload.summary, .source and .severity"
        )
    payload = _validated(_Payload, envelope.payload, inside="payload.")
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
    if envelope.client_url:
        sent.append((envelope.client or "source", envelope.client_url))
    return tuple((label[:100], address) for label, href in sent if (address := web_address(href)))


def _kept(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, without the secret that let it in."""
    return {name: value for name, value in sent.items() if name != "routing_key"}


def _check_key(key: str) -> None:
    if len(key) != KEY_LENGTH:
        raise Malformed(WRONG_KEY_LENGTH)


def _validated(model: type[Model], values: Any, *, inside: str = "") -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as fault:
        raise Malformed(*(_sentence(error, inside) for error in fault.errors())) from fault


def _sentence(error: Any, inside: str) -> str:
    where = inside + ".".join(str(part) for part in error["loc"])
    if error["type"] == "missing":
        return f"'{where}' is missing"
    return f"'{where}': {error['msg']}"
