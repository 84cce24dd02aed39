"""One look at one schedule, under its lock: what happened, what is due, and when to look again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oncall.core import final
from oncall.core import handoff as core
from oncall.core.final import Roster
from oncall.core.handoff import Handoff, Holding, Stint
from oncall.handoffs.rows import IN, OUT, Rows
from oncall.handoffs.telling import Telling
from oncall.loading import rosters
from oncall.models import Handoff as Row
from oncall.models import HandoffPerson, Schedule
from oncall.models.schedules import USUAL_CONFIRM_WITHIN, USUAL_REMINDERS
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb

AT_LEAST_EVERY = timedelta(minutes=15)
"""People leave without their schedules knowing, so each is looked at this often."""

UNSETTLED = timedelta(minutes=1)
"""What takes effect now is committed a little later; so the last minute is looked at again."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded for several schedules at once, before any was locked: their rosters over a range, and
    the revision that each had just before.

    A roster still holds where the revision does. That somebody left moves no revision: whatever is this old
    at most is looked at again, UNSETTLED being longer.
    """

    since: datetime
    until: datetime
    at: datetime
    revisions: Mapping[int, int]
    rosters: Mapping[int, Roster]

    def of(self, schedule: Schedule, since: datetime, until: datetime, now: datetime) -> Roster | None:
        """The locked schedule's roster of [since, until), if it is in here and still holds."""
        fresh = self.at <= now <= self.at + UNSETTLED / 2
        if fresh and self.since <= since and until <= self.until:
            return self.rosters.get(schedule.pk) if self._is_unchanged(schedule) else None
        return None

    def _is_unchanged(self, schedule: Schedule) -> bool:
        return self.revisions.get(schedule.pk) == schedule.revision


def load(schedules: Sequence[Schedule], *, now: datetime) -> Loaded:
    """What looks at these schedules at `now`, or soon after, have to know, in at most three queries."""
    since = min((_range(one, now)[0] for one in schedules), default=now)
    until = max((_range(one, now)[1] for one in schedules), default=now) + UNSETTLED
    revisions = {one.pk: one.revision for one in schedules}
    return Loaded(since, until, now, revisions, rosters(revisions, since=since, until=until))


def _range(schedule: Schedule, now: datetime) -> tuple[datetime, datetime]:
    """Where a look at `now` needs to know who is on."""
    longest = max([*leads_of(schedule), core.ASKED_BEFORE])
    begins = min(schedule.handoffs_until or now, now - longest) - core.LONG
    return begins, now + longest + AT_LEAST_EVERY + core.LONG


def keep(schedule: Schedule, *, now: datetime, loaded: Loaded | None = None) -> None:
    """Everything that is due on a locked schedule, in the caller's transaction.

    1. Rows are made to agree with the roster, as far ahead as anybody may have to be told of.
    2. What happened since the last look is recorded, and who is on or off by it now is told.
    3. Who comes on is reminded; who goes off is asked for a note; what nobody confirms goes to the managers.
    4. The next look is set. A schedule seen for the first time starts at `now`.
    """
    look = _Look(schedule, now, loaded)
    look.rows.agree(look.handoffs, until=look.until, now=now)
    look.record()
    look.remind()
    look.ask()
    look.report_unconfirmed()
    look.finish()


def leads_of(schedule: Schedule) -> list[timedelta]:
    """How long before a shift its person is told of it."""
    if schedule.reminders is None:
        return list(USUAL_REMINDERS)
    return [timedelta(seconds=seconds) for seconds in schedule.reminders]


class _Look:
    def __init__(self, schedule: Schedule, now: datetime, loaded: Loaded | None) -> None:
        self.schedule, self.now = schedule, now
        self.leads = leads_of(schedule)
        self.is_first = schedule.handoffs_until is None
        self.settled = schedule.handoffs_until or now
        range_start, range_end = _range(schedule, now)
        self.until = range_end - core.LONG
        roster = loaded.of(schedule, range_start, range_end, now) if loaded else None
        self.stints = _stints(schedule, range_start, range_end, roster)
        self.handoffs = core.handoffs(self.stints, self.settled, self.until)
        self.rows = Rows(schedule, since=self.settled)
        self.telling = Telling(schedule, self.stints, range_end=range_end, now=now)
        self.changed: list[HandoffPerson] = []
        self.moments = [one.at for one in self.handoffs]

    def record(self) -> None:
        """A handoff that came and went while nobody looked asks nobody, and nobody hears of it."""
        past = [one for one in self.handoffs if one.at <= self.now]
        held = zip(past, core.holding(past, self.stints, self.now), strict=True)
        new = [(one, hold, row) for one, hold in held if (row := self._row(one)).recorded_at is None]
        for one, hold, row in new:
            row.recorded_at, row.asks = self.now, one.asks and bool(hold.on)
            self._announce(one, hold, row)
        Row.objects.bulk_update([row for *_, row in new], ["recorded_at", "asks"])
        record([_happened(self.schedule, one) for one, *_ in new], now=self.now)

    def remind(self) -> None:
        for one, row in self._coming():
            for user, person in self.rows.side(row, IN).items():
                first = next(s for s in self.stints if s[:3] == (one.role, user, one.at))
                lead = core.due_lead(self.leads, one.at, self.now)
                if lead is not None and (person.reminded is None or lead.total_seconds() < person.reminded):
                    person.reminded = int(lead.total_seconds())
                    self.changed.append(person)
                    if not self.is_first and not core.needs_no_warning(self.stints, first, lead):
                        self.telling.remind(one, row, first, lead)
            self.moments += [one.at - lead for lead in self.leads]

    def ask(self) -> None:
        for one, row in self._coming():
            for user, person in self.rows.side(row, OUT).items() if row.asks else ():
                due = core.asked_at(self.stints, one, user)
                self.moments.append(due)
                if due <= self.now and person.asked_at is None:
                    person.asked_at = self.now
                    self.changed.append(person)
                    if row.noted_at is None:
                        self.telling.ask(one, row, user)

    def report_unconfirmed(self) -> None:
        within = self.schedule.confirm_within
        within = USUAL_CONFIRM_WITHIN if within is None else within
        waiting = Row.objects.filter(
            schedule=self.schedule,
            recorded_at__isnull=False,
            asks=True,
            confirmed_at=None,
            managers_told_at=None,
        )
        for row in waiting:
            deadline = max(row.at, row.recorded_at or row.at) + within
            self.moments.append(deadline)
            if deadline <= self.now and self._is_still_unconfirmed(row):
                self.telling.unconfirmed(row)

    def finish(self) -> None:
        self.telling.send()
        HandoffPerson.objects.bulk_update(self.changed, ["reminded", "asked_at", "told_at"])
        self.schedule.handoffs_until = max(self.settled, self.now - UNSETTLED)
        latest = None if self.schedule.retired_at else self.now + AT_LEAST_EVERY
        due = [moment for moment in (core.next_of(self.moments, self.now), latest) if moment is not None]
        self.schedule.wake_at = min(due, default=None)
        self.schedule.save(update_fields=["handoffs_until", "wake_at"])

    def _row(self, one: Handoff) -> Row:
        return self.rows.by_key[one.role, one.at]

    def _coming(self) -> Iterator[tuple[Handoff, Row]]:
        return ((one, self._row(one)) for one in self.handoffs if one.at > self.now)

    def _announce(self, one: Handoff, hold: Holding, row: Row) -> None:
        for side, users, tell in ((IN, hold.on, self.telling.on), (OUT, hold.off, self.telling.off)):
            there = self.rows.side(row, side)
            for user in users:
                there[user].told_at = self.now
                self.changed.append(there[user])
                tell(one, row, user)

    def _is_still_unconfirmed(self, row: Row) -> bool:
        """Asked by the update itself, so that whoever confirms at this moment is waited for."""
        open_rows = Row.objects.filter(pk=row.pk, confirmed_at=None, managers_told_at=None)
        return bool(open_rows.update(managers_told_at=self.now))


def _stints(schedule: Schedule, since: datetime, until: datetime, roster: Roster | None) -> list[Stint]:
    if roster is None:
        roster = rosters([schedule.pk], since=since, until=until)[schedule.pk]
    return core.stints(final.shifts(roster, since, until))


def _happened(schedule: Schedule, one: Handoff) -> Line:
    data = {
        "role": one.role,
        "at": one.at.isoformat(),
        "outgoing": list(one.outgoing),
        "incoming": list(one.incoming),
    }
    what = f"{one.role} of {schedule.name} was handed over at {one.at:%Y-%m-%d %H:%M:%S} UTC"
    return Line(Verb.HANDOFF_HAPPENED, ("schedule", schedule.pk), ENGINE, what, data=data)
