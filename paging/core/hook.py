"""What a webhook that steps or schedules tell gets: one JSON document for each event (docs/webhooks-out.md).

Keys are only ever added. No key to anything is in it: whoever reads it acts by the REST API, with a token.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from paging.core.message import Facts
from paging.core.notice import Notice
from paging.core.render import DETAILS, LABEL, SUBJECT, VALUE, clean

VERSION = 1
ADDRESS = 2000
STEP = "incident.step"
TEST = "test"
ON_CALL = "schedule.on_call"
OTHER = "notice"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """What every document says first. `id` stays the same over retries; `webhook` is its name."""

    id: str
    at: datetime
    webhook: str


def step(facts: Facts, *, envelope: Envelope, number: int, urgency: str, url: str, event: str = STEP) -> str:
    """A step of an escalation policy names the webhook. `number` is the incident's, `url` its page."""
    incident = {
        "id": number,
        "reference": clean(facts.reference),
        "title": clean(facts.title),
        "service": clean(facts.service),
        "severity": clean(facts.severity),
        "urgency": urgency,
        "url": url,
    }
    detail = dict(list(facts.detail.items())[:DETAILS])
    return _document(
        event,
        envelope,
        because=clean(facts.because),
        incident=incident,
        detail={clean(name, limit=LABEL): clean(value, limit=VALUE) for name, value in detail.items()},
        links=[
            {"label": clean(label, limit=LABEL), "address": clean(target, limit=ADDRESS)}
            for label, target in facts.links
        ],
    )


def news(told: Notice, *, envelope: Envelope, number: int, url: str) -> str:
    """What became of an incident that the webhook was told of."""
    about = {name: clean(value, limit=VALUE) for name, value in told.about.items()}
    incident = {"id": number, **about, "service": clean(told.service), "url": url}
    by = incident.pop("by", "")
    return _document(
        told.event or OTHER, envelope, because=clean(told.title, limit=SUBJECT), by=by, incident=incident
    )


def on_call(told: Notice, *, envelope: Envelope, url: str) -> str:
    """A schedule announces who is on call: by role, in the order of people; a role of nobody is empty."""
    schedule = {name: clean(value, limit=VALUE) for name, value in told.about.items()}
    holders = [
        {
            "role": clean(role, limit=LABEL),
            "people": [{"username": username, "name": clean(name)} for username, name in people],
        }
        for role, people in told.people.items()
    ]
    because = clean(told.title, limit=SUBJECT)
    return _document(ON_CALL, envelope, because=because, schedule={**schedule, "url": url}, on_call=holders)


def followed(said: Mapping[str, Any], *, event: str, sequence: int, envelope: Envelope) -> str:
    """What happened to an incident, to whoever follows it. `sequence` grows from one to the next."""
    return _document(event, envelope, sequence=sequence, **said)


def event_of(told: Notice) -> str:
    return told.event or OTHER


def _document(event: str, head: Envelope, **body: Any) -> str:
    at = in_utc(head.at)
    first = {
        "version": VERSION,
        "event": event,
        "id": head.id,
        "at": at,
        "webhook": head.webhook,
    }
    standard = {"type": event, "timestamp": at, "data": body}  # as Standard Webhooks names them
    return json.dumps({**first, **body, **standard}, ensure_ascii=False)


def in_utc(at: datetime) -> str:
    """“2026-11-21T03:00:00Z”."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
