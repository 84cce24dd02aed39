"""The roster as an iCalendar document (RFC 5545): values in, bytes out.

What is particular here comes from how subscribers behave. They match events by UID, so a UID names the
slot (schedule, role, start) and neither who holds it nor when it ends: a swap updates an event in place.
They compare DTSTAMP and SEQUENCE, so both tell of the last change and never of the time of asking. They
read rotations differently, so every shift is an event of its own, in UTC.
"""

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

import icalendar

from oncall.core.final import Shift

REFRESH = timedelta(hours=1)
NOBODY = "nobody"


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that altered a span of one role: made, ended, cancelled, renamed.

    `role` empty is every role, `user` None everybody, `end` None until further notice. `kind` and `reason`
    are those of an override.
    """

    at: datetime
    start: datetime
    end: datetime | None = None
    role: str = ""
    user: int | None = None
    kind: str = ""
    reason: str = ""

    def touches(self, shift: Shift) -> bool:
        """Neighbours count: a cover also moves the end of the shift before it."""
        return (
            self.role in {"", shift.role}
            and self.user in {None, shift.user}
            and self.start <= shift.end
            and (self.end is None or self.end >= shift.start)
        )

    def made(self, shift: Shift) -> bool:
        """Whether this is the override by which the person is on."""
        return (
            self.kind == shift.override
            and self.role == shift.role
            and self.start <= shift.start
            and (self.end is not None and self.end >= shift.end)
        )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One schedule's shifts, split at handoffs, with the people named and what made them so.

    Only shifts that overlap `[since, until)` become events; those around them say who was on before.
    """

    uid: str
    name: str
    since: datetime
    until: datetime
    shifts: Sequence[Shift]
    names: Mapping[int, str]
    changes: Sequence[Change]

    def shows(self, shift: Shift) -> bool:
        return shift.start < self.until and shift.end > self.since


@dataclass(frozen=True, kw_only=True)
class Event:
    """One shift, as a calendar shows it. `changed_at` is never the time of asking."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    description: str
    categories: tuple[str, ...]
    url: str
    changed_at: datetime
    sequence: int


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A calendar to subscribe to: `source` is its own address, empty where it is a file."""

    name: str
    description: str
    events: Sequence[Event]
    source: str = ""


def events_of(
    shown: Shown, *, public_url: str, user: int | None = None, role: str | None = None
) -> list[Event]:
    """One event a shift, ordered by start; with `user`, that person's alone, else everybody's and the gaps.

    The UID of a slot is the same in a person's feed and in the schedule's.
    """
    around = _Around(shown.shifts)
    host = urlsplit(public_url).hostname or "localhost"
    return [
        Event(
            uid=slot_uid(shown.uid, shift.role, shift.start, index, host=host),
            start=shift.start,
            end=shift.end,
            summary=_summary(shift, shown, personal=user is not None),
            description=_description(shift, shown, around),
            categories=("ON-CALL", shift.role.upper()),
            url=f"{public_url}/?schedule={quote(shown.name, safe='')}",
            changed_at=max((change.at for change in touching), default=shift.start),
            sequence=max(len(touching) - 1, 0),
        )
        for shift, index in _numbered(shown.shifts)
        if shown.shows(shift) and user in {None, shift.user} and role in {None, shift.role}
        for touching in [[change for change in shown.changes if change.touches(shift)]]
    ]


def _numbered(shifts: Sequence[Shift]) -> Iterator[tuple[Shift, int]]:
    """Each shift, and which one it is of those that begin the same role at the same instant."""
    begun: Counter[tuple[str, datetime]] = Counter()
    for shift in shifts:
        yield shift, begun[shift.role, shift.start]
        begun[shift.role, shift.start] += 1


def slot_uid(schedule: str, role: str, start: datetime, index: int, *, host: str) -> str:
    """The name of a slot for ever; `index` tells apart people who begin the same role at once."""
    also = f"-{index + 1}" if index else ""
    return f"{schedule}-{quote(role, safe='')}-{start.astimezone(UTC):%Y%m%dT%H%M%SZ}{also}@{host}"


def render(publication: Publication) -> bytes:
    """The document: CRLF, folded at 75 octets, escaped. The same publication gives the same bytes."""
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Watchbill//On-call//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, icalendar.vText(_clean(publication.name)))
    for name in ("description", "x-wr-caldesc"):
        calendar.add(name, icalendar.vText(_clean(publication.description)))
    calendar.add("x-wr-timezone", "UTC")
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESH))
    calendar.add("color", "steelblue")
    if publication.source:
        calendar.add("source", publication.source, parameters={"VALUE": "URI"})
    for event in publication.events:
        calendar.add_component(_component(event))
    return bytes(calendar.to_ical())


def _component(event: Event) -> icalendar.Event:
    component = icalendar.Event()
    component.add("uid", event.uid)
    component.add("dtstart", event.start)
    component.add("dtend", event.end)
    component.add("dtstamp", event.changed_at.replace(microsecond=0))
    component.add("last-modified", event.changed_at.replace(microsecond=0))
    component.add("sequence", event.sequence)
    component.add("summary", _clean(event.summary))
    component.add("description", _clean(event.description))
    component.add("categories", [_clean(category) for category in event.categories])
    component.add("url", event.url)
    component.add("status", "CONFIRMED")
    component.add("transp", "TRANSPARENT")  # being on call must not stop anyone from inviting you
    return component


def _summary(shift: Shift, shown: Shown, *, personal: bool) -> str:
    what = f"{shown.name} {shift.role}"
    if shift.user is None:
        return f"GAP - nobody on call: {what}"
    return f"On-call: {what}" if personal else f"{_name(shift.user, shown)} - {what}"


def _description(shift: Shift, shown: Shown, around: "_Around") -> str:
    before, after = around.of(shift)
    lines = [
        f"Schedule: {shown.name}",
        f"Role: {shift.role}",
        f"On call: {_name(shift.user, shown)}",
        f"Before: {_people(before, shown)}",
        f"After: {_people(after, shown)}",
    ]
    if shift.override:
        reasons = [change.reason for change in shown.changes if change.reason and change.made(shift)]
        lines.append(f"Override: {shift.override}" + (f" ({reasons[-1]})" if reasons else ""))
    return "\n".join(lines)


def _people(users: Iterable[int | None], shown: Shown) -> str:
    return ", ".join(_name(user, shown) for user in users) or NOBODY


def _name(user: int | None, shown: Shown) -> str:
    return NOBODY if user is None else shown.names[user]


def _clean(text: str) -> str:
    """RFC 5545 allows no control characters but the line break (escaped) and the tab."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


class _Around:
    """Who is on just before and just after a shift, in its role."""

    def __init__(self, shifts: Sequence[Shift]) -> None:
        edges: dict[str, set[datetime]] = {}
        for shift in shifts:
            edges.setdefault(shift.role, set()).update((shift.start, shift.end))
        self._edges = {role: sorted(found) for role, found in edges.items()}
        self._on: dict[tuple[str, int], list[int | None]] = {}
        for shift in shifts:
            for n in range(self._at(shift.role, shift.start), self._at(shift.role, shift.end)):
                self._on.setdefault((shift.role, n), []).append(shift.user)

    def of(self, shift: Shift) -> tuple[list[int | None], list[int | None]]:
        before = self._on.get((shift.role, self._at(shift.role, shift.start) - 1), [])
        return before, self._on.get((shift.role, self._at(shift.role, shift.end)), [])

    def _at(self, role: str, instant: datetime) -> int:
        return bisect_left(self._edges[role], instant)
