"""An iCalendar document (RFC 5545) to the times somebody is away. Others wrote it: nothing is trusted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar
import recurring_ical_events
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from oncall.core.walltime import first_instant

MOST_EVENTS = 2000
MOST_SECONDS = 20.0
RULES = ("RRULE", "EXRULE")
OLDEST_RULE = timedelta(days=40 * 366)  # a rule is walked from its beginning
USUAL_RULES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})  # nobody is away every minute
ZONE_RULES = frozenset({"YEARLY"})
MOST_RULES = 4  # of an event and its exceptions: one that never comes true is walked to the year 9999
MOST_PARTS = 100  # of a rule; BYMONTHDAY has 31
MOST_OBSERVANCES = 500  # of the zones that a calendar describes: all of one are asked for each time in it
EARLIEST, LATEST = date(1971, 1, 1), date(2200, 1, 1)
A_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
WORST = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, ArithmeticError)


class Unreadable(ValueError):
    """It is no calendar, or one that cannot be read; the text is a sentence without anything secret."""


@dataclass(frozen=True, slots=True)
class Event:
    """Away from the day `first` to the day before `back`, in the person's zone; for timed events the very
    hours (UTC) too. `uid` is the event's own name, or that of one of its repetitions.
    """

    uid: str
    first: date
    back: date
    title: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def read(body: bytes, *, zone: tzinfo, since: datetime, until: datetime, words: str = "") -> list[Event]:
    """The events that touch [since, until), by start; the first `MOST_EVENTS` of them.

    Cancelled ones are left out, and with `words` those whose title does not contain it, in any case. Times
    without a zone are the calendar's (X-WR-TIMEZONE, Windows names too), else `zone`'s. An event that is
    broken, or repeats more often than daily or by too many rules, is passed over. Raises Unreadable.
    """
    calendar = _parsed(body)
    calendar_zone = _calendar_zone(calendar)
    reader = _Reader(zone, calendar_zone, since, until, words.casefold().strip())
    found: dict[str, Event] = {}
    began = monotonic()
    for series in _series(calendar):
        if monotonic() - began > MOST_SECONDS:
            raise Unreadable("The calendar takes too long to read; subscribe to a smaller one.")
        for event in reader.events(series):
            found[event.uid] = event
    in_order = sorted(found.values(), key=lambda event: (event.first, event.uid))
    return in_order[:MOST_EVENTS]


def _parsed(body: bytes) -> icalendar.Calendar:
    if b"END:VCALENDAR" not in body[-2000:].upper():
        raise Unreadable("What is at this address is not an iCalendar document, or not the whole of one.")
    tzp.use_default()  # forgets the zones that calendars before this one described: two may share a name
    try:
        calendar = icalendar.Calendar.from_ical(body)
    except WORST:
        raise Unreadable("What is at this address is not an iCalendar document.") from None
    if not isinstance(calendar, icalendar.Calendar):
        raise Unreadable("What is at this address is not an iCalendar document.")
    if not _zones_bearable(calendar):
        raise Unreadable(
            "The calendar describes its time zones by rules that no clock follows; subscribe to another one."
        )
    return calendar


def _zones_bearable(calendar: icalendar.Calendar) -> bool:
    """Whether the zones that it describes can be asked for a time: nothing has asked them yet."""
    described = [one for zone in calendar.walk("VTIMEZONE") for one in zone.subcomponents]
    rules = [rule for one in described for rule in _listed(one.get("RRULE"))]
    try:
        return len(described) <= MOST_OBSERVANCES and all(_usual(rule, ZONE_RULES) for rule in rules)
    except WORST:
        return False


def _calendar_zone(calendar: icalendar.Calendar) -> ZoneInfo | None:
    name = str(calendar.get("X-WR-TIMEZONE", ""))
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name)) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _series(calendar: icalendar.Calendar) -> Iterable[list[Any]]:
    """The events by UID: one, with the exceptions to it."""
    found: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(calendar.walk("VEVENT")):
        found[str(event.get("UID") or f"without {number}")].append(event)
    return found.values()


@dataclass(frozen=True, slots=True)
class _Reader:
    zone: tzinfo
    calendar_zone: ZoneInfo | None
    since: datetime
    until: datetime
    words: str

    def events(self, series: list[Any]) -> Iterator[Event]:
        try:
            repeats = any(event.get("RRULE") or event.get("RDATE") for event in series)
            if self._bearable(series):
                for occurrence in self._occurrences(series):
                    yield from self._event(occurrence, repeats=repeats)
        except WORST:
            return

    def _bearable(self, series: list[Any]) -> bool:
        """Whether its rules are walked in a moment, from their beginning on."""
        rules = [(event, rule) for event in series for name in RULES for rule in _listed(event.get(name))]
        return len(rules) <= MOST_RULES and all(
            _usual(rule, USUAL_RULES) and self._young(event) for event, rule in rules
        )

    def _young(self, event: Any) -> bool:
        start = event["DTSTART"].dt
        begun = start.date() if isinstance(start, datetime) else start
        return bool(begun > self.since.date() - OLDEST_RULE)

    def _occurrences(self, series: list[Any]) -> list[Any]:
        alone = icalendar.Calendar()
        if self.calendar_zone is not None:
            alone.add("X-WR-TIMEZONE", self.calendar_zone.key)
        for event in series:
            alone.add_component(event)
        found: list[Any] = recurring_ical_events.of(alone).between(self.since - A_DAY, self.until + A_DAY)
        return found

    def _event(self, occurrence: Any, *, repeats: bool) -> Iterator[Event]:
        title = str(occurrence.get("SUMMARY", "")).replace("\x00", "")
        if str(occurrence.get("STATUS", "")).upper() == "CANCELLED" or self.words not in title.casefold():
            return
        start, end = occurrence["DTSTART"].dt, _end(occurrence)
        uid = _name(occurrence, repeats=repeats)
        shown = "" if str(occurrence.get("CLASS", "PUBLIC")).upper() != "PUBLIC" else title[:200]
        if isinstance(start, datetime):
            yield from self._timed(uid, shown, self._instant(start), self._instant(end))
            return
        first, back = max(start, EARLIEST), min(end, LATEST)
        if first < back and back > self.since.date() - A_DAY and first < self.until.date() + A_DAY:
            yield Event(uid, first, back, shown)

    def _timed(self, uid: str, title: str, start: datetime, end: datetime) -> Iterator[Event]:
        if not (start < end and start < self.until and end > self.since):
            return
        first = max(start.astimezone(self.zone).date(), EARLIEST)
        back = min((end - INSTANT).astimezone(self.zone).date() + A_DAY, LATEST)
        yield Event(uid, first, back, title, start, end)

    def _instant(self, at: date | datetime) -> datetime:
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        return first_instant(at, self.calendar_zone or self.zone) if at.tzinfo is None else at.astimezone(UTC)


def _listed(value: Any) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _usual(rule: Mapping[str, Any], frequencies: AbstractSet[str]) -> bool:
    frequency = {str(each).upper() for each in rule.get("FREQ", [])}
    within_a_day = sum(len(_listed(rule.get(name))) for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    parts = sum(len(_listed(value)) for value in rule.values())
    goes_on = all(step > 0 for step in rule.get("INTERVAL", []))  # by steps of 0 it never ends
    return (
        bool(frequency) and frequency <= frequencies and within_a_day <= 3 and parts <= MOST_PARTS and goes_on
    )


def _end(occurrence: Any) -> date | datetime:
    start = occurrence["DTSTART"].dt
    if occurrence.get("DTEND") is not None:
        end: date | datetime = occurrence["DTEND"].dt
        return end
    length = occurrence["DURATION"].dt if occurrence.get("DURATION") is not None else None
    usual = timedelta(0) if isinstance(start, datetime) else A_DAY
    shown: date | datetime = start + (length if length is not None else usual)
    return shown


def _name(occurrence: Any, *, repeats: bool) -> str:
    """At most 255 characters: a repetition is named by when it was first meant to be."""
    uid = str(occurrence.get("UID") or occurrence["DTSTART"].dt.isoformat()).replace("\x00", "")
    if repeats and occurrence.get("RECURRENCE-ID") is not None:
        uid = f"{uid} {occurrence['RECURRENCE-ID'].dt.isoformat()}"
    return uid if len(uid) <= 255 else sha256(uid.encode()).hexdigest()
