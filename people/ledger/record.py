"""Write to the ledger. Called by verbs only, in the same transaction as what it records."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from people.columns import Columns
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

ENTRIES = Columns(Entry, but=["id"])


@dataclass(frozen=True)
class Actor:
    """Who did it: a person, or something with a name of its own (a source, the engine)."""

    name: str
    user: User | None = None

    @classmethod
    def person(cls, user: User, *, via: str = "") -> "Actor":
        """The person, and the door they came through (`via`: admin, link, API, sms ...)."""
        return cls(name=f"{user} ({via})" if via else str(user), user=user)


ENGINE = Actor("Watchbill")


@dataclass(frozen=True)
class Line:
    """One entry to be written: `subject` is (type, id), such as ("incident", 42)."""

    verb: Verb
    subject: tuple[str, int]
    actor: Actor
    what: str
    why: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def record(lines: Iterable[Line], *, now: datetime) -> None:
    """Append `lines` in one statement."""
    record_past((now, line) for line in lines)


def record_past(lines: Iterable[tuple[datetime, Line]]) -> None:
    """Append lines of several moments, in their order."""
    ENTRIES.insert([entry(line, at=at) for at, line in lines])


def entry(line: Line, *, at: datetime) -> Entry:
    return ENTRIES.new(written(line, at=at))


def written(line: Line, *, at: datetime) -> dict[str, Any]:
    """By column, what is written. Texts are freed of NUL, which PostgreSQL refuses."""
    actor = line.actor
    return {
        "at": at,
        "verb": line.verb,
        "subject_type": line.subject[0],
        "subject_id": line.subject[1],
        "actor_id": actor.user.pk if actor.user else None,
        "actor_name": actor.name.replace("\x00", "")[:200],
        "what": line.what.replace("\x00", ""),
        "why": line.why.replace("\x00", ""),
        "data": dict(line.data),
    }
