"""Whoever carried a shift with a page in it is sent what it was like, soon after it and not by night."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from oncall.selectors import Duty, duties, schedules_of_team
from paging.selectors import pages_asked
from people.models import Team, User
from watchbill.reports.actions.storing import Kind, mail, store
from watchbill.reports.core.narrow import narrow
from watchbill.reports.core.weeks import not_by_night
from watchbill.reports.gathering import Scope
from watchbill.reports.gathering.scope import BEGUN
from watchbill.reports.models import Mailing, StoredReport
from watchbill.reports.reporting import report_of

LATE = timedelta(days=1)
"""A shift that ended longer ago, when it is first seen, has no report of its own."""
SETTLED = timedelta(minutes=15)
"""Let what its last page was about be answered."""
EVERY = timedelta(minutes=15)
AN_INSTANT = timedelta(microseconds=1)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Look:
    """For shifts of a team that ended in (after, until]; `taken` is what its row says meanwhile."""

    row: int
    team: Team
    after: datetime
    until: datetime
    taken: datetime


def make_due(*, clock: Callable[[], datetime], limit: int) -> int:
    """Returns how many teams were looked at. What fails is logged, and tried at the next look."""
    looks = _take(clock(), limit)
    for look in looks:
        failed = [duty for duty, name in _ended(look) if not _tried(look, duty, name, clock)]
        if not failed:
            mine = Mailing.objects.filter(pk=look.row, shifts_at=look.taken)
            mine.update(shifts_until=look.until)
    return len(looks)


def _take(now: datetime, limit: int) -> list[_Look]:
    found = []
    with transaction.atomic():
        rows = Mailing.objects.select_for_update(skip_locked=True, of=("self",)).select_related("team")
        due = rows.filter(Q(shifts_at=None) | Q(shifts_at__lte=now), after_shift=True)
        for row in due.order_by("shifts_at", "pk")[:limit]:
            after = max(row.shifts_until or now - LATE, now - LATE)
            row.shifts_at = now + EVERY
            row.save(update_fields=["shifts_at"])
            look = _Look(row=row.pk, team=row.team, after=after, until=now - SETTLED, taken=row.shifts_at)
            found.append(look)
    return found


def _ended(look: _Look) -> Iterator[tuple[Duty, str]]:
    """Each whole, as far back as reports look, with the name of its schedule."""
    schedules = schedules_of_team(look.team.pk, since=look.after)
    ahead = look.until + AN_INSTANT
    near = duties(schedules, since=min(look.after, look.until), until=ahead)
    if any(look.after < duty.span.end <= look.until for duty in near):
        for duty in duties(schedules, since=look.after - BEGUN, until=ahead):
            if look.after < duty.span.end <= look.until:
                yield duty, schedules[duty.schedule]


def _tried(look: _Look, duty: Duty, schedule: str, clock: Callable[[], datetime]) -> bool:
    try:
        _make(look.team, duty, schedule, clock)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception(
            "shift_report_not_made",
            team=look.team.name,
            schedule=schedule,
            effect=f"tried again after {EVERY}",
        )
        return False
    return True


def _make(team: Team, duty: Duty, schedule: str, clock: Callable[[], datetime]) -> None:
    shift = f"{schedule}, {duty.role}"
    about = User.objects.get(pk=duty.user)
    made = StoredReport.objects.filter(
        team=team, kind=Kind.SHIFT, about=about, shift=shift, until=duty.span.end
    )
    paged = pages_asked([duty.user], since=duty.span.start, until=duty.span.end)  # costs less than a report
    if not about.is_active or not paged or made.exists():
        return
    scope = Scope(since=duty.span.start, until=duty.span.end, now=clock(), whole=False)
    report = narrow(report_of(team, scope), schedule=schedule, role=duty.role, user=about.username)
    if any(row.pages for row in report.shifts):
        now = clock()
        with transaction.atomic():
            stored = store(report, kind=Kind.SHIFT, about=about, shift=shift)
            mail(stored, to={about: not_by_night(now, ZoneInfo(about.time_zone))})
