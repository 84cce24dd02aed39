"""What comes due of announcements: who is on call is said to a room of people, or to a webhook. Once each.

What was done stands in rows of the same transaction, so that a restart says nothing twice. Late by an outage
it is said once, however often it was due meanwhile; what a wall time announces, not at all after an hour.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from oncall.core import announcing as core
from oncall.core import final
from oncall.core.final import Roster
from oncall.loading import rosters
from oncall.models import Announcement
from oncall.selectors import managers_of
from paging.actions.notices import NoticeRequest, tell
from paging.actions.pages import stop
from paging.core.hook import ON_CALL
from paging.core.notice import Notice
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb
from people.models import User

AT_LEAST_EVERY = timedelta(minutes=15)
"""People leave without their schedules knowing, so what is announced on change is looked at this often."""

AROUND = timedelta(days=35)
"""How far back and ahead one looks for since when, and until when, just they are on call."""

FAULT_PAUSE = timedelta(minutes=5)
KEPT = ["next_at", "revision", "said", "said_at", "tell_after"]
log = structlog.get_logger(__name__)


def tell_due(*, clock: Callable[[], datetime], limit: int = 50) -> int:
    """Look at every announcement that is due or whose schedule changed, each in a transaction of its own.

    Returns how many were looked at. Safe to run in many workers at once: a row that another one holds is
    passed over. One that cannot be announced is logged, tried again in five minutes, and holds up no other.
    """
    due = Announcement.objects.filter(_due(clock())).order_by(F("next_at").asc(nulls_first=True), "pk")
    return sum(_tried(pk, clock) for pk in list(due.values_list("pk", flat=True)[:limit]))


def _due(now: datetime) -> Q:
    moved = Q(revision=None) | ~Q(revision=F("schedule__revision"))
    untried = Q(tell_after=None) | Q(tell_after__lte=now)
    return untried & Q(retired_at=None, schedule__retired_at=None) & (moved | Q(next_at__lte=now))


def _tried(pk: int, clock: Callable[[], datetime]) -> bool:
    try:
        with transaction.atomic():
            now = clock()  # after the lock was waited for, where the database has only one writer
            rows = Announcement.objects.select_for_update(skip_locked=True, of=("self",))
            row = rows.filter(_due(now), pk=pk).select_related("schedule__team", "recipient").first()
            if row is not None:
                look(row, now=now)
            return row is not None
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("not_announced", announcement=pk, effect=f"tried again after {FAULT_PAUSE}")
        Announcement.objects.filter(pk=pk).update(tell_after=clock() + FAULT_PAUSE)
        return False


def look(row: Announcement, *, now: datetime) -> None:
    """Say what is due of a row that is locked, and when it is to be looked at again. In the caller's
    transaction. What is announced on change says nothing at the first look: nothing has changed yet.
    """
    row.revision = row.schedule.revision  # read before the roster: what changes meanwhile is looked at again
    row.tell_after = None
    if row.at is None:
        _look_for_a_change(row, now)
    else:
        _look_at_the_clock(row, now)
        row.next_at = core.next_at(
            core.read_days(row.days), row.at, _zones(row), after=max(now, row.said_at or now)
        )
    row.save(update_fields=KEPT)


def _look_at_the_clock(row: Announcement, now: datetime) -> None:
    due = row.next_at
    if due is None or due > now:
        return
    if now - due <= core.LATE:
        say(row, run=f"at:{due.isoformat()}", now=now, until=due + core.LATE)
    else:
        _missed(row, f"its time, {due:%Y-%m-%d %H:%M} UTC, was over an hour ago", now)


def _look_for_a_change(row: Announcement, now: datetime) -> None:
    until = now + AT_LEAST_EVERY
    roster = rosters([row.schedule_id], since=now, until=until)[row.schedule_id]
    there = core.duty(final.on_call(roster, now))
    if row.said is None:
        row.said = there
    elif row.said != there:
        say(row, run=f"change:{now.isoformat()}", now=now)
    shifts = final.shifts(roster, now, until)
    edges = (edge for shift in shifts for edge in (shift.start, shift.end))
    row.next_at = min((edge for edge in edges if edge > now), default=until)


def say(row: Announcement, *, run: str, now: datetime, until: datetime | None = None) -> bool:
    """Who is on call at `now`, to the row's room or webhook; what has not left of an earlier word need not
    leave, nor this one `until` then. In the caller's transaction, which saves the row. `run` names the
    occasion: one is said once.

    False where its address is out of use, which the managers of the schedule's team are told.
    """
    first, last = now - AROUND, now + AROUND
    roster = rosters([row.schedule_id], since=first, until=last)[row.schedule_id]
    on = final.on_call(roster, now)
    row.said, row.said_at = core.duty(on), now
    how = core.standing(final.shifts(roster, first, last), on, now=now)
    cause = cause_of(row)
    stop(cause=cause, user_id=row.recipient_id, reason="who is on call is announced anew", now=now)
    notice = _notice(row, how, _zone(roster, now), now)
    if until is not None:
        notice = replace(notice, valid_seconds=max(1, int((until - now).total_seconds())))
    request = NoticeRequest(user_id=row.recipient_id, cause=cause, run=run, notice=notice)
    if tell(requests=[request], now=now):
        _unreachable(row, now)
        return False
    return True


def cause_of(row: Announcement) -> str:
    return f"announcement:{row.pk}"


def _notice(row: Announcement, how: core.Standing, zone: ZoneInfo, now: datetime) -> Notice:
    people = User.objects.in_bulk({user for users in how.on.values() for user in users})
    words = core.said(
        row.schedule.name, how, {pk: str(user) for pk, user in people.items()}, zone=zone, now=now
    )
    about = {"name": row.schedule.name, "time_zone": str(zone)}
    about |= {
        key: at.astimezone(zone).isoformat(timespec="seconds")
        for key, at in (("since", how.since), ("next_handoff", how.until))
        if at is not None
    }
    return Notice(
        title=words.title,
        lines=words.lines,
        path=_path(row),
        label="The schedule",
        event=ON_CALL,
        about=about,
        people={
            role: [(people[user].username, str(people[user])) for user in users]
            for role, users in how.on.items()
        },
    )


def _path(row: Announcement) -> str:
    return f"/schedules/{quote(row.schedule.name, safe='')}"


def _zone(roster: Roster, now: datetime) -> ZoneInfo:
    """The zone in force at `now`; before the first version begins, its."""
    begun = [one for one in roster.versions if one.effective_from <= now] or list(roster.versions[:1])
    return ZoneInfo(str(begun[-1].zone)) if begun else ZoneInfo("UTC")


def _zones(row: Announcement) -> list[tuple[datetime, ZoneInfo]]:
    versions = row.schedule.versions.order_by("effective_from").values_list("effective_from", "time_zone")
    return [(begins, ZoneInfo(zone)) for begins, zone in versions]


def _missed(row: Announcement, why: str, now: datetime) -> None:
    what = f"{row.schedule} did not announce who is on call to {row.recipient}"
    data: Mapping[str, int] = {"announcement": row.pk}
    record([Line(Verb.ANNOUNCEMENT_MISSED, ("schedule", row.schedule_id), ENGINE, what, why, data)], now=now)


def _unreachable(row: Announcement, now: datetime) -> None:
    """The managers hear of it once a week, however often it would be due."""
    _missed(row, "its address is out of use", now)
    line = (
        f"The address of {row.recipient} is out of use. Take the announcement ({row.when}) off the schedule, "
        "or give it an address that works."
    )
    notice = Notice(
        title=f"{row.schedule} cannot announce who is on call",
        lines=(line,),
        path=_path(row),
        label="The schedule",
    )
    run = f"unreachable:{now:%G-%V}"
    tell(
        requests=[
            NoticeRequest(user_id=manager.pk, cause=cause_of(row), run=run, notice=notice)
            for manager in managers_of(row.schedule)
        ],
        now=now,
    )
