"""Publish a schedule: write down its shifts as calendars are shown them, and what changed since."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from oncall.core.final import Roster
from oncall.core.slots import Difference, Edges, Name, difference, named, whole_shifts, widest
from oncall.loading import SLOT, as_slot, rosters
from oncall.models import Schedule, ShiftChange
from oncall.models import Slot as SlotRow
from people.ledger.models import Entry
from people.ledger.verbs import Verb
from people.models import User

log = structlog.get_logger(__name__)

DAY = timedelta(days=1)
BACK = timedelta(days=31)  # as far as calendars look back, and a day
AHEAD = timedelta(days=181)  # as far as they look ahead, and a day
TRIED_AGAIN_IN = timedelta(minutes=5)
PUBLISHED = ("published_revision", "published_at", "published_without", "publish_after", "slots_revision")
NAME = ("schedule", "role", "start", "place")
SAID = ("end", "user", "override", "sequence", "changed_at", "cancelled_at")
OF_A_SCHEDULE = [verb for verb in Verb if verb.partition(".")[0] in {"schedule", "override", "temporary"}]


class Story(NamedTuple):
    """The last change in the ledger since the last publication, and who made it, if one did all of it."""

    at: datetime
    by: str = ""
    why: str = ""


def publish(*, schedule_id: int, now: datetime, wait: bool = True) -> bool:
    """Write the slots of the schedule anew, and each change of one for its people to be told of.

    A few statements, however many shifts there are. False where somebody else holds the schedule and `wait`
    is not wanted.
    """
    with transaction.atomic():
        rows = Schedule.objects.select_for_update(of=("self",), skip_locked=not wait)
        schedule = rows.filter(pk=schedule_id).first()
        if schedule is None:
            return False
        years = widest(*_window(schedule, now))
        roster = rosters([schedule.pk], since=years.start, until=years.end)[schedule.pk]
        change = _compared(schedule, roster, now)
        schedule.published_revision, schedule.published_at = schedule.revision, now
        schedule.published_without = sorted(roster.people() & roster.deactivated.keys()) or None
        schedule.publish_after = None
        schedule.slots_revision += change
        schedule.save(update_fields=PUBLISHED)
    return True


def publish_due(*, clock: Callable[[], datetime], limit: int = 50) -> int:
    """Publish what has changed or was not looked at for a day, each on its own; how many there were.

    One that cannot be published is logged, tried again in five minutes, and holds up no other.
    """
    untried = Q(publish_after=None) | Q(publish_after__lte=clock())
    due = stale(Schedule.objects.filter(untried), now=clock())[:limit]
    return sum(_published(schedule, clock) for schedule in due)


def _published(schedule_id: int, clock: Callable[[], datetime]) -> bool:
    try:
        return publish(schedule_id=schedule_id, now=clock(), wait=False)
    except Exception:
        log.exception("schedule_not_published", schedule=schedule_id, effect="tried again in five minutes")
        Schedule.objects.filter(pk=schedule_id).update(publish_after=clock() + TRIED_AGAIN_IN)
        return False


def stale(among: QuerySet[Schedule], *, now: datetime) -> list[int]:
    """The ids of those whose slots may no longer be what they say: changed, not looked at for a day, or with
    somebody who has left since, or come back. One query, one more where people had left.
    """
    in_use = Q(retired_at=None) | Q(retired_at__gt=now - BACK)
    old = Q(published_at=None) | Q(published_at__lte=now - DAY) & in_use
    changed = Q(published_revision=None) | ~Q(published_revision=F("revision"))
    leaver = SlotRow.objects.filter(cancelled_at=None, end__gt=now, user__is_active=False)
    due = old | changed | Q(pk__in=leaver.values("schedule"))
    rows = among.annotate(due=due).filter(Q(due=True) | Q(published_without__isnull=False))
    found, left = set(), {}
    for pk, is_due, without in rows.values_list("pk", "due", "published_without"):
        if is_due:
            found.add(pk)
        else:
            left[pk] = set(without or ())
    if left:
        back = User.objects.filter(pk__in=set().union(*left.values()), is_active=True)
        returned = set(back.values_list("pk", flat=True))
        found |= {pk for pk, people in left.items() if returned & people}
    return sorted(found)


def _window(schedule: Schedule, now: datetime) -> tuple[datetime, datetime]:
    """From before the last publication: what changed while nobody published has to be found, too."""
    last = schedule.published_at
    since = now - BACK if last is None else max(min(now, last) - DAY, now - BACK)
    return since, now + AHEAD


def _compared(schedule: Schedule, roster: Roster, now: datetime) -> bool:
    """Write what differs between the slots there are and those there should be; whether anything did."""
    since, until = _window(schedule, now)
    found = whole_shifts(roster, since, until)
    first = min((shift.start for shift in found), default=since)
    settled = schedule.published_at
    there = SlotRow.objects.filter(Q(end__gt=settled or since) | Q(start__gte=first), schedule=schedule)
    known, rows = [], {}
    for pk, *columns in there.values_list("pk", *SLOT):
        known.append(slot := as_slot(columns))
        rows[slot.name] = pk, slot.changed_at
    edges = Edges(settled=settled, unseen=(settled or now) + AHEAD, until=until)
    result = difference(known, named(found, known), edges)
    differs = bool(result.written or result.forgotten)
    if differs:
        _write(schedule, result, rows, now=now)
    return differs


def _write(
    schedule: Schedule, result: Difference, rows: Mapping[Name, tuple[int, datetime]], *, now: datetime
) -> None:
    story = _story(schedule, now)
    written = {
        slot.name: SlotRow(
            schedule=schedule,
            role=slot.role,
            start=slot.start,
            place=slot.place,
            end=slot.end,
            user_id=slot.user,
            override=slot.override,
            sequence=slot.sequence,
            changed_at=max(story.at, rows[slot.name][1]) if slot.name in rows else story.at,
            cancelled_at=now if slot.cancelled else None,
        )
        for slot in result.written
    }
    SlotRow.objects.bulk_create(
        written.values(), update_conflicts=True, unique_fields=NAME, update_fields=SAID, batch_size=1000
    )
    SlotRow.objects.filter(pk__in=[rows[name][0] for name in result.forgotten]).delete()
    ShiftChange.objects.bulk_create(
        ShiftChange(
            slot=written[change.name],
            at=now,
            before_user_id=change.before.user if change.before else None,
            before_end=change.before.end if change.before else None,
            after_user_id=change.after.user if change.after else None,
            after_end=change.after.end if change.after else None,
            by=story.by,
            why=story.why,
        )
        for change in result.changes
        if change.matters()
    )


def _story(schedule: Schedule, now: datetime) -> Story:
    """What the ledger says of the schedule, and of people who left, since it was last published."""
    about = Q(subject_type="schedule", subject_id=schedule.pk, verb__in=OF_A_SCHEDULE)
    if schedule.published_at is not None:
        people = Q(subject_type="user", verb__in=(Verb.USER_DEACTIVATED, Verb.USER_CHANGED))
        about = (about | people) & Q(at__gte=schedule.published_at)
    told = list(
        Entry.objects.filter(about, at__lte=now)
        .order_by("pk")
        .values("subject_type", "at", "actor_name", "why")
    )
    ours = [one for one in told if one["subject_type"] == "schedule"] or told
    if not ours:
        return Story(now)
    only = {(one["actor_name"], one["why"]) for one in ours}
    names = {by for by, _ in only}
    reasons = {why for _, why in only}
    return Story(
        max(one["at"] for one in ours),
        by=names.pop() if len(names) == 1 else "",
        why=reasons.pop() if len(reasons) == 1 else "",
    )
