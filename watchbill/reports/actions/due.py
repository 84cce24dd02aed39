"""Reports that are due are made: a week's at the team's day and time, a shift's after it.

Whoever finds one due takes it for a while, makes it outside any transaction, and stores it with its mails
and the next time in one. Who dies meanwhile, or fails, leaves it to be taken again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from oncall.selectors import schedules_of_team
from people.models import Team
from watchbill.reports.actions import after_shifts
from watchbill.reports.actions.storing import Kind, mail, store
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.weeks import A_DAY, following, latest, week_before
from watchbill.reports.gathering import Scope
from watchbill.reports.models import Mailing
from watchbill.reports.reporting import report_of, reports
from watchbill.reports.selectors import recipients

TAKEN = timedelta(minutes=15)
"""For so long nobody else makes it; what failed is tried again then, for a day."""
BATCH = 20
log = structlog.get_logger(__name__)


def make_due(*, clock: Callable[[], datetime], limit: int = BATCH) -> int:
    """Returns how many teams were looked at. Safe to run in many workers at once.

    After an outage the latest week is made and those before it are not. A team that is new here begins with
    its next week. One that fails is logged and holds up no other.
    """
    _meet(clock())
    due = _take(clock(), limit)
    for some in _by_week(due).values():
        _make(some, clock)
    return len(due) + after_shifts.make_due(clock=clock, limit=limit)


@dataclass(frozen=True, kw_only=True)
class _Due:
    """The week [since, until) of a team; `taken` is what its row says meanwhile, `then` when the next one
    is due.
    """

    row: int
    team: Team
    since: datetime
    until: datetime
    taken: datetime
    then: datetime


def _meet(now: datetime) -> None:
    """A row for each team that has none."""
    rows = []
    for team in Team.objects.filter(load_mailing=None):
        row = Mailing(team=team, shifts_until=now - after_shifts.LATE)
        row.next_at = following(row.weekday, row.at, ZoneInfo(team.time_zone), now=now)
        rows.append(row)
    if rows:
        Mailing.objects.bulk_create(rows, ignore_conflicts=True)


def _take(now: datetime, limit: int) -> list[_Due]:
    found = []
    with transaction.atomic():
        rows = Mailing.objects.select_for_update(skip_locked=True, of=("self",)).select_related("team")
        looked_at = list(rows.filter(Q(next_at=None) | Q(next_at__lte=now)).order_by("next_at", "pk")[:limit])
        for row in looked_at:
            zone = ZoneInfo(row.team.time_zone)
            made = latest(row.weekday, row.at, zone, now=now)
            then = following(row.weekday, row.at, zone, now=now)
            if _is_due(row, made):
                since, until = week_before(made, zone)
                taken = now + TAKEN
                one = _Due(row=row.pk, team=row.team, since=since, until=until, taken=taken, then=then)
                found.append(one)
            row.next_at = now + TAKEN if _is_due(row, made) else then
            row.save(update_fields=["next_at"])
    return found


def _is_due(row: Mailing, made: datetime) -> bool:
    """A team that has moved since it was told when is due up to a day earlier; what could not be made for a
    day is given up.
    """
    return row.next_at is not None and made > row.next_at - A_DAY


def _by_week(due: Iterable[_Due]) -> dict[tuple[datetime, datetime], list[_Due]]:
    """Those of one week are made together: what their teams have in common is read once."""
    found: dict[tuple[datetime, datetime], list[_Due]] = defaultdict(list)
    for one in due:
        found[one.since, one.until].append(one)
    return found


def _make(due: Sequence[_Due], clock: Callable[[], datetime]) -> None:
    left = {one.team.pk: one for one in due if _has_schedules(one)}
    scope = Scope(since=due[0].since, until=due[0].until, now=clock(), whole=True)
    try:
        for report in reports([one.team for one in left.values()], scope):
            _keep(left[report.team_id], report, clock())
            del left[report.team_id]
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("load_reports_not_made", effect="each that is left is made by itself")
        for one in left.values():
            _make_alone(one, scope, clock)


def _make_alone(one: _Due, scope: Scope, clock: Callable[[], datetime]) -> None:
    try:
        _keep(one, report_of(one.team, scope), clock())
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("load_report_not_made", team=one.team.name, effect=f"tried again after {TAKEN}")


def _has_schedules(one: _Due) -> bool:
    """Nobody is on call for a team without any: there is nothing to say of it."""
    has_any = bool(schedules_of_team(one.team.pk, since=one.since))
    if not has_any:
        _next(one)
    return has_any


@transaction.atomic
def _keep(one: _Due, report: LoadReport, now: datetime) -> None:
    stored = store(report, kind=Kind.WEEKLY)
    mail(stored, to=dict.fromkeys(recipients(one.team), now))
    _next(one)


def _next(one: _Due) -> None:
    """Unless somebody has said another day meanwhile."""
    Mailing.objects.filter(pk=one.row, next_at=one.taken).update(next_at=one.then)
