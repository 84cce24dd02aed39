"""The roster as an iCalendar document (RFC 5545): values in, bytes out.

What is particular here comes from how subscribers behave. They match events by UID, so a UID names the
slot (schedule, role, start) and neither who holds it nor when it ends: a swap updates an event in place.
They keep what is no longer there, so a slot that ceased to be is shown as cancelled. They compare DTSTAMP
and SEQUENCE, so both tell of the last change and never of the time of asking. They read rotations
differently, so every shift is an event of its own, in UTC.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import icalendar
from icalendar.parser import Contentline

from oncall.core.slots import Name, Slot

REFRESH = timedelta(hours=1)
NOBODY = "nobody"
UNFOLDED = 74  # octets of a line that icalendar writes without folding it


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why an override was made; `kind` is that of `oncall.core.override`."""

    kind: str
    role: str
    user: int
    start: datetime
    end: datetime
    text: str

    def made(self, slot: Slot) -> bool:
        """Whether this is the override by which the person is on."""
        return (
            (self.kind, self.role, self.user) == (slot.override, slot.role, slot.user)
            and self.start <= slot.start
            and self.end >= slot.end
        )


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One schedule's slots, with the people named and why somebody stands in for another.

    Only slots that overlap `[since, until)` become events; those around them say who was on before. A
    person's new name dates their events (`renamed`). `former` are the slots that were once of the person, or
    of the gaps, whose calendar it is, each with its end at that time.
    """

    uid: str
    name: str
    since: datetime
    until: datetime
    slots: Sequence[Slot]
    names: Mapping[int, str]
    reasons: Sequence[Reason] = ()
    renamed: Mapping[int, datetime] = field(default_factory=dict)
    former: Mapping[Name, datetime] = field(default_factory=dict)

    def shows(self, start: datetime, end: datetime) -> bool:
        return start < self.until and end > self.since


@dataclass(frozen=True, kw_only=True)
class View:
    """Whose calendar: everybody's, or one person's, or (`gaps`) nobody's; of one role, where given."""

    public_url: str
    user: int | None = None
    gaps: bool = False
    role: str | None = None

    @property
    def of_one(self) -> bool:
        return self.gaps or self.user is not None

    def has(self, slot: Slot) -> bool:
        return not self.of_one or slot.user == self.user


class Event(NamedTuple):
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
    cancelled: bool = False


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A calendar to subscribe to: `source` is its own address, empty where it is a file.

    `alarm` is how many minutes before each event the calendar program is to ring; None: it is not.
    """

    name: str
    description: str
    events: Sequence[Event]
    source: str = ""
    alarm: int | None = None


def events_of(shown: Shown, view: View) -> Iterator[Event]:
    """One event a slot of the view; what is no longer there, or no longer theirs, as cancelled.

    The UID of a slot is the same in a person's calendar and in the schedule's.
    """
    around = _Around(slot for slot in shown.slots if not slot.cancelled)
    host = urlsplit(view.public_url).hostname or "localhost"
    url = f"{view.public_url}/?schedule={quote(shown.name, safe='')}"
    for slot in shown.slots:
        theirs = view.has(slot)
        end = slot.end if theirs else shown.former.get(slot.name)
        if end is None or not shown.shows(slot.start, end) or view.role not in {None, slot.role}:
            continue
        yield Event(
            uid=slot_uid(shown.uid, slot, host=host),
            start=slot.start,
            end=end,
            summary=_summary(slot, shown, view),
            description=_description(slot, shown, around),
            categories=("ON-CALL", slot.role.upper()),
            url=url,
            changed_at=max(slot.changed_at, shown.renamed.get(slot.user or 0, slot.changed_at)),
            sequence=slot.sequence,
            cancelled=slot.cancelled or not theirs,
        )


def slot_uid(schedule: str, slot: Slot, *, host: str) -> str:
    """The name of a slot for ever; the place tells apart people who begin the same role at once."""
    also = f"-{slot.place + 1}" if slot.place else ""
    return f"{schedule}-{_quoted(slot.role)}-{_utc(slot.start)}{also}@{host}"


@lru_cache(maxsize=64)
def _quoted(role: str) -> str:
    return quote(role, safe="")


def render(publication: Publication) -> bytes:
    """The document: CRLF, folded at 75 octets, escaped. The same publication gives the same bytes."""
    alarm = _alarm(publication.alarm)
    events = [_written(event, "" if event.cancelled else alarm) for event in publication.events]
    head, _, foot = _frame(publication).partition(b"END:VCALENDAR")
    return head + "".join(events).encode() + b"END:VCALENDAR" + foot


def _frame(publication: Publication) -> bytes:
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
    return bytes(calendar.to_ical())


def _written(event: Event, alarm: str) -> str:
    """The event as icalendar would write it, faster: most texts of hundreds are the same.

    It is TRANSPARENT, as being on call must not stop anyone from inviting you.
    """
    changed = _utc(event.changed_at)
    return (
        f"BEGIN:VEVENT\r\n{_folded(f'UID:{event.uid}')}\r\nDTSTAMP:{changed}\r\nLAST-MODIFIED:{changed}\r\n"
        f"SEQUENCE:{event.sequence}\r\nDTSTART:{_utc(event.start)}\r\nDTEND:{_utc(event.end)}\r\n"
        f"{_text('SUMMARY', event.summary)}\r\n{_text('DESCRIPTION', event.description)}\r\n"
        f"{_text('CATEGORIES', *event.categories)}\r\n{_folded(f'URL:{event.url}')}\r\n"
        f"STATUS:{'CANCELLED' if event.cancelled else 'CONFIRMED'}\r\nTRANSP:TRANSPARENT\r\n"
        f"{alarm}END:VEVENT\r\n"
    )


def _alarm(minutes: int | None) -> str:
    if minutes is None:
        return ""
    said = "DESCRIPTION:Your on-call shift begins"
    return f"BEGIN:VALARM\r\nACTION:DISPLAY\r\n{said}\r\nTRIGGER:-PT{minutes}M\r\nEND:VALARM\r\n"


@lru_cache(maxsize=4096)
def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()[:19].replace("-", "").replace(":", "") + "Z"


@lru_cache(maxsize=4096)
def _text(name: str, *texts: str) -> str:
    """The few texts of a roster stand in many of its events."""
    escaped = ",".join(icalendar.vText(_clean(text)).to_ical().decode() for text in texts)
    return _folded(f"{name}:{escaped}")


def _folded(line: str) -> str:
    """As icalendar folds it, which looks at each character; where none needs that, a piece at a time."""
    if not line.isascii() or "\\" in line or "^" in line:
        return str(Contentline(line).to_ical(), "utf-8")  # type: ignore[no-untyped-call]
    if len(line) <= UNFOLDED:
        return line
    return "\r\n ".join([line[at : at + UNFOLDED] for at in range(0, len(line), UNFOLDED)])


def _summary(slot: Slot, shown: Shown, view: View) -> str:
    what = f"{shown.name} {slot.role}"
    if view.user is not None:
        return f"On-call: {what}"
    if view.gaps or slot.user is None:
        return f"GAP - nobody on call: {what}"
    return f"{_name(slot.user, shown)} - {what}"


def _description(slot: Slot, shown: Shown, around: "_Around") -> str:
    lines = [f"Schedule: {shown.name}", f"Role: {slot.role}", f"On call: {_name(slot.user, shown)}"]
    if not slot.cancelled:
        before, after = around.of(slot)
        lines += [f"Before: {_people(before, shown)}", f"After: {_people(after, shown)}"]
    if slot.override:
        reasons = [reason.text for reason in shown.reasons if reason.made(slot)]
        lines.append(f"Override: {slot.override}" + (f" ({reasons[-1]})" if reasons else ""))
    return "\n".join(lines)


def _people(users: Iterable[int | None], shown: Shown) -> str:
    return ", ".join(_name(user, shown) for user in users) or NOBODY


def _name(user: int | None, shown: Shown) -> str:
    return NOBODY if user is None else shown.names[user]


def _clean(text: str) -> str:
    """RFC 5545 allows no control characters but the line break (escaped) and the tab."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"})


class _Around:
    """Who is on just before and just after a slot, in its role."""

    def __init__(self, slots: Iterable[Slot]) -> None:
        live = list(slots)
        edges: dict[str, set[datetime]] = {}
        for slot in live:
            edges.setdefault(slot.role, set()).update((slot.start, slot.end))
        self._at = {role: {at: n for n, at in enumerate(sorted(found))} for role, found in edges.items()}
        self._on: dict[tuple[str, int], list[int | None]] = {}
        for slot in live:
            at = self._at[slot.role]
            for n in range(at[slot.start], at[slot.end]):
                self._on.setdefault((slot.role, n), []).append(slot.user)

    def of(self, slot: Slot) -> tuple[list[int | None], list[int | None]]:
        """The people before and after one of the slots."""
        at = self._at[slot.role]
        before = self._on.get((slot.role, at[slot.start] - 1), [])
        return before, self._on.get((slot.role, at[slot.end]), [])
