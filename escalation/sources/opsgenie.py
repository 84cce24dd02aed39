"""Opsgenie's Alert API, version 2: what is sent to make an alert, and what is said of one afterwards."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from escalation.sources.event import (
    MAX_DEDUP_KEY,
    MAX_SUMMARY,
    Action,
    Event,
    Malformed,
    read_object,
    read_time,
    severity_of,
    web_address,
)
from escalation.sources.opsgenie_ids import Asked
from escalation.sources.shapes import Lenient, validated

MAX_ALIAS = 512
MAX_NOTE = 25_000
MAX_DESCRIPTION = 15_000
PRIORITIES = {"SEV-1": "P1", "SEV-2": "P2", "SEV-3": "P3", "SEV-4": "P4"}
LINK_DETAILS = {
    "runbook_url": "runbook", "runbook": "runbook", "dashboard_url": "dashboard", "dashboard": "dashboard",
    "graph_url": "graph", "generatorURL": "graph", "silence_url": "silence", "silenceURL": "silence",
}  # fmt: skip


class _Create(Lenient):
    message: str = Field(min_length=1)
    alias: str | None = Field(None, max_length=MAX_ALIAS)
    description: str | None = None
    tags: list[str] | None = None
    details: dict[str, Any] | None = None
    entity: str | None = None
    source: str | None = None
    priority: str | None = None
    user: str | None = None
    note: str | None = None


class _Someone(Lenient):
    id: str | None = None
    username: str | None = None
    name: str | None = None


class _Said(Lenient):
    user: str | None = None
    note: str | None = None
    source: str | None = None
    endTime: str | None = None  # noqa: N815 - the protocol's name
    escalation: _Someone | None = None
    owner: _Someone | None = None
    message: str | None = None
    description: str | None = None
    priority: str | None = None


@dataclass(frozen=True, kw_only=True)
class Created:
    """A request to make an alert, or to count on the one that is open; `note` is the sender's first."""

    event: Event
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What is said of an alert. `words` is for people: who, by the sender's account, and their note.

    `text` is what a note, a new message or description says, a priority is, or an escalation is called.
    """

    words: str = ""
    text: str = ""
    until: datetime | None = None
    person: str = ""


def parse(body: bytes) -> Created:
    """Read a request to make an alert. Without an alias it gets one of its own. Raises Malformed.

    A message that is longer than Opsgenie's 130 characters is taken all the same, and a priority that is
    unknown wakes somebody: a refusal would lose the page.
    """
    sent = read_object(body)
    found = validated(_Create, sent)
    message = found.message.strip()
    if not message:
        raise Malformed("'message': it is empty; say in a few words what is wrong")
    alias = found.alias or secrets.token_hex(16)
    event = Event(
        action=Action.TRIGGER,
        dedup_key=dedup_key(alias),
        summary=message if len(message) <= MAX_SUMMARY else message[: MAX_SUMMARY - 1] + "…",
        severity=severity_of(found.priority or ""),
        word=found.priority or "",
        source=(found.source or "")[:255],
        labels=_labels(found),
        links=_links(found),
        payload={**sent, "alias": alias},
    )
    return Created(event=event, note=_words(found.user, found.note) if found.note else "")


def parse_said(asked: Asked, body: bytes) -> Said:
    """Read what is said of an alert; where nothing has to be said, no body is needed. Raises Malformed."""
    sent = read_object(body) if body.strip() else {}
    found = validated(_Said, sent)
    words = _words(found.user, found.note)
    return _MEANT.get(asked, _words_alone)(found, words)


def _words_alone(_found: _Said, words: str) -> Said:
    return Said(words=words)


def _noted(found: _Said, _words_of_it: str) -> Said:
    return Said(text=_words(found.user, _needed("note", found.note)))


def _snoozed(found: _Said, words: str) -> Said:
    return Said(words=words, until=_end(found.endTime))


def _assigned(found: _Said, words: str) -> Said:
    return Said(words=words, person=_person(found.owner))


def _escalated(found: _Said, words: str) -> Said:
    named = found.escalation or _Someone()
    return Said(words=words, text=named.name or named.id or "")


def _message(found: _Said, words: str) -> Said:
    return Said(words=words, text=_needed("message", found.message)[:MAX_SUMMARY])


def _description(found: _Said, words: str) -> Said:
    return Said(words=words, text=_needed("description", found.description)[:MAX_DESCRIPTION])


def _priority(found: _Said, words: str) -> Said:
    return Said(words=words, text=_needed("priority", found.priority))


_MEANT: Mapping[Asked, Callable[[_Said, str], Said]] = {
    Asked.NOTE: _noted,
    Asked.SNOOZE: _snoozed,
    Asked.ASSIGN: _assigned,
    Asked.ESCALATE: _escalated,
    Asked.MESSAGE: _message,
    Asked.DESCRIPTION: _description,
    Asked.PRIORITY: _priority,
}


def dedup_key(alias: str) -> str:
    """An alias may be twice as long as a dedup key; a long one ends in its own digest."""
    if len(alias) <= MAX_DEDUP_KEY:
        return alias
    digest = hashlib.sha256(alias.encode("utf-8", "replace")).hexdigest()
    return f"{alias[: MAX_DEDUP_KEY - len(digest)]}{digest}"


def alias_of(dedup_key: str, payload: Mapping[str, Any]) -> str:
    """As its sender wrote it; an alert of another protocol is called by its dedup key."""
    alias = payload.get("alias")
    return alias if isinstance(alias, str) and alias else dedup_key


def priority_of(severity: str, payload: Mapping[str, Any]) -> str:
    """As its sender wrote it, where that is a priority; otherwise what its severity comes to."""
    sent = payload.get("priority")
    usual = PRIORITIES.get(severity, "P3")
    return sent if isinstance(sent, str) and severity_of(sent) == severity else usual


def _labels(found: _Create) -> dict[str, str]:
    """The details, which Alertmanager fills with the labels of the group, and beside them the tags."""
    named = {"entity": found.entity, "tags": ",".join(found.tags or ())}
    labels = {name: value for name, value in named.items() if value}
    details = found.details or {}
    return labels | {
        name: str(value) for name, value in details.items() if isinstance(value, str | int | float | bool)
    }


def _links(found: _Create) -> tuple[tuple[str, str], ...]:
    details = found.details or {}
    sent = [(label, details[name]) for name, label in LINK_DETAILS.items() if name in details]
    sent.append(("source", found.source))
    return tuple((label, address) for label, value in sent if (address := web_address(value)))


def _words(user: str | None, note: str | None) -> str:
    return ": ".join(part.strip() for part in (user, note) if part and part.strip())[:MAX_NOTE]


def _needed(name: str, value: str | None) -> str:
    if value is None or not value.strip():
        raise Malformed(f"'{name}' is missing")
    return value.strip()


def _end(sent: str | None) -> datetime:
    end = read_time(_needed("endTime", sent))
    if end is None:
        raise Malformed("'endTime': it is no time; write it like 2026-03-02T18:00:00Z")
    return end


def _person(owner: _Someone | None) -> str:
    name = (owner.username or owner.id or "").strip() if owner else ""
    if not name:
        raise Malformed('\'owner\' is missing: write {"username": "ana@example.com"}')
    return name
