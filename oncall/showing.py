"""What calendars show: rows to what `oncall.calendars` makes events of, in a fixed number of queries."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Max, Q, QuerySet

from oncall import calendars
from oncall.calendars import Reason, Shown
from oncall.core.final import Roster
from oncall.core.slots import MARGIN, Name, Slot, named, whole_shifts, widest
from oncall.loading import SLOT, as_slot, rosters
from oncall.models import Feed, Override, Schedule, ShiftChange
from oncall.models import Slot as SlotRow
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

BACK = timedelta(days=30)
AHEAD = timedelta(days=180)
LOOKED_AT = timedelta(days=1)  # how long a publication knows what comes into view
SOURCES = (Path(calendars.__file__), Path(__file__), Path(__file__).with_name("feeds.py"))
CODE = hashlib.sha256(
    version("icalendar").encode() + b"".join(source.read_bytes() for source in SOURCES)
).hexdigest()

# The schedules that ever named a person, or showed them. Each poll of each calendar asks this, and Django
# takes five times as long to put it together as the database to answer.
NAMING = """
SELECT * FROM oncall_schedule WHERE id IN (
  SELECT version.schedule_id FROM oncall_participation naming
  JOIN oncall_scheduleversion version ON version.id = naming.version_id WHERE naming.user_id = %(user)s
  UNION ALL
  SELECT schedule_id FROM oncall_override WHERE user_id = %(user)s AND cancelled_at IS NULL
  UNION ALL
  SELECT whole.schedule_id FROM oncall_temporaryshift shift
  JOIN oncall_temporaryschedule whole ON whole.id = shift.temporary_id
  WHERE shift.user_id = %(user)s AND whole.cancelled_at IS NULL
  UNION ALL
  SELECT schedule_id FROM oncall_slot WHERE user_id = %(user)s
  UNION ALL
  SELECT slot.schedule_id FROM oncall_shiftchange change
  JOIN oncall_slot slot ON slot.id = change.slot_id WHERE change.before_user_id = %(user)s
) ORDER BY id
"""

People = Sequence[tuple[int, str, str, bool]]


@dataclass(frozen=True, kw_only=True)
class Showing:
    """What one calendar shows now, on what that rests, and until when time alone does not change it."""

    shown: list[Shown]
    people: People
    fresh_until: datetime

    def named(self) -> list[int]:
        return [pk for pk, *_ in self.people]


def covered(feed: Feed) -> list[Schedule]:
    """The schedules of which a calendar shows something, in one query."""
    if feed.user_id is not None:
        return list(Schedule.objects.raw(NAMING, {"user": feed.user_id}))
    if feed.schedule_id is not None:
        found = Schedule.objects.filter(pk=feed.schedule_id)
    else:
        found = Schedule.objects.filter(team=feed.team_id) if feed.team_id else Schedule.objects.all()
    return list(found.order_by("pk"))


def people_named(ids: Collection[int]) -> People:
    """What the people are called, and whether they are still here: (id, name, username, active)."""
    people = User.objects.filter(pk__in=ids).order_by("pk")
    return list(people.values_list("pk", "name", "username", "is_active")) if ids else []


def basis(feed: Feed, schedules: Iterable[Schedule], people: People) -> str:
    """A digest of everything a calendar's document rests on, but for the time."""
    said = (
        CODE,
        settings.PUBLIC_URL,
        (feed.user_id, feed.schedule_id, feed.team and feed.team.name, feed.gaps, feed.alarm_minutes),
        [(row.pk, row.name, row.revision, row.slots_revision) for row in schedules],
        people,
    )
    return hashlib.sha256(repr(said).encode(errors="surrogatepass")).hexdigest()


def showing(feed: Feed, schedules: Sequence[Schedule], *, now: datetime) -> Showing:
    """What the calendar shows of the schedules' slots, as they were last published."""
    since, until = now - BACK, now + AHEAD
    slots = _slots(schedules, since, until)
    left = {pk for schedule in schedules for pk in schedule.published_without or ()}
    users = {slot.user for found in slots.values() for slot in found if slot.user is not None}
    whose = set() if feed.user_id is None else {feed.user_id}
    people = people_named(users | left | whose)
    names = {pk: name or username for pk, name, username, _ in people}
    reasons, renamed = _reasons(schedules, since, until), _renamed(users)
    former = _former(feed, schedules, since)
    shown = [
        Shown(
            uid=str(schedule.uid),
            name=schedule.name,
            since=since,
            until=until,
            slots=slots[schedule.pk],
            names=names,
            reasons=reasons[schedule.pk],
            renamed=renamed,
            former=former[schedule.pk],
        )
        for schedule in schedules
    ]
    return Showing(shown=shown, people=people, fresh_until=_fresh_until(shown, schedules, now))


def shown_between(schedule: Schedule, *, since: datetime, until: datetime) -> Shown:
    """What a calendar of any span shows: whole shifts, also where none were published."""
    years = widest(since, until)
    roster = rosters([schedule.pk], since=years.start, until=years.end)[schedule.pk]
    found = whole_shifts(roster, since, until)
    start, end = min((s.start for s in found), default=since), max((s.end for s in found), default=until)
    rows = SlotRow.objects.filter(schedule=schedule, start__gte=start, start__lte=end, cancelled_at=None)
    known = {slot.name: slot for slot in map(as_slot, rows.values_list(*SLOT))}
    slots = [_dated(slot, known, roster) for slot in named(found, known.values())]
    people = people_named({slot.user for slot in slots if slot.user is not None})
    return Shown(
        uid=str(schedule.uid),
        name=schedule.name,
        since=since,
        until=until,
        slots=slots,
        names={pk: name or username for pk, name, username, _ in people},
        reasons=_reasons([schedule], start, end)[schedule.pk],
    )


def _dated(slot: Slot, known: Mapping[Name, Slot], roster: Roster) -> Slot:
    row = known.get(slot.name)
    if row is not None:
        return replace(slot, sequence=row.sequence, changed_at=row.changed_at)
    begun = [one.effective_from for one in roster.versions if one.effective_from <= slot.start]
    return replace(slot, changed_at=max(begun, default=slot.start))


def _slots(schedules: Sequence[Schedule], since: datetime, until: datetime) -> dict[int, list[Slot]]:
    """The slots in view and around it, by schedule; one query more for slots of over five weeks."""
    early, late = since - MARGIN, until + MARGIN
    all_of = SlotRow.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    found = _read(all_of.filter(end__gt=early, start__lt=late))
    beside = Q()
    for (schedule, _), slot in found.items():
        if slot.start < early:
            beside |= Q(schedule=schedule, role=slot.role, end=slot.start)
        if slot.end >= late:
            beside |= Q(schedule=schedule, role=slot.role, start=slot.end)
    if beside:
        found |= _read(all_of.filter(beside))
    by_schedule: dict[int, list[Slot]] = {schedule.pk: [] for schedule in schedules}
    for (schedule, _), slot in sorted(
        found.items(), key=lambda one: (one[1].start, one[1].role, one[1].place)
    ):
        by_schedule[schedule].append(slot)
    return by_schedule


def _read(rows: QuerySet[SlotRow]) -> dict[tuple[int, int], Slot]:
    """By schedule and row."""
    read = rows.values_list("schedule_id", "pk", *SLOT)
    return {(schedule, pk): as_slot(columns) for schedule, pk, *columns in read}


def _reasons(
    schedules: Sequence[Schedule], since: datetime, until: datetime
) -> defaultdict[int, list[Reason]]:
    said = Override.objects.filter(schedule__in=[schedule.pk for schedule in schedules])
    said = said.filter(cancelled_at=None, end__gt=since, start__lt=until).exclude(reason="")
    found: defaultdict[int, list[Reason]] = defaultdict(list)
    columns = ("schedule", "kind", "role", "user", "start", "end", "reason")
    for of, kind, role, user, start, end, text in said.order_by("pk").values_list(*columns):
        found[of].append(Reason(kind=kind, role=role, user=user, start=start, end=end, text=text))
    return found


def _renamed(people: Collection[int]) -> dict[int, datetime]:
    """When each was last given another name."""
    given: QuerySet[Entry, Any] = Entry.objects.filter(
        subject_type="user", subject_id__in=people, verb=Verb.USER_CHANGED, data__has_key="name"
    )
    return dict(given.values_list("subject_id").annotate(at=Max("at")))


def _former(
    feed: Feed, schedules: Sequence[Schedule], since: datetime
) -> defaultdict[int, dict[Name, datetime]]:
    """The slots that were of the person, or of nobody, before they changed, each with its last end then."""
    found: defaultdict[int, dict[Name, datetime]] = defaultdict(dict)
    if feed.user_id is None and not feed.gaps:
        return found
    of = [schedule.pk for schedule in schedules]
    changes = ShiftChange.objects.filter(slot__schedule__in=of, before_end__gt=since)
    mine = changes.filter(before_user=feed.user_id) if feed.user_id else changes.filter(before_user=None)
    columns = ("slot__schedule", "slot__role", "slot__start", "slot__place", "before_end")
    for schedule, role, start, place, end in mine.order_by("pk").values_list(*columns):
        found[schedule][role, start, place] = end
    return found


def _fresh_until(shown: Sequence[Shown], schedules: Sequence[Schedule], now: datetime) -> datetime:
    """When the next slot comes into view or leaves it, or a schedule has to be looked at again."""
    ends = (end for one in shown for end in [*(slot.end for slot in one.slots), *one.former.values()])
    starts = (slot.start for one in shown for slot in one.slots)
    looked_at = (row.published_at for row in schedules if row.retired_at is None)
    moments = [
        now + LOOKED_AT,
        *(at + LOOKED_AT for at in looked_at if at is not None),
        *(end + BACK for end in ends if end + BACK > now),
        *(start - AHEAD for start in starts if start - AHEAD >= now),
    ]
    return min(moments)
