"""Once a week each team's managers are told what will hurt on their schedules in the weeks ahead."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from django.db import transaction

from oncall.advice import advise, sentences
from oncall.core.finding import Finding, Level
from oncall.core.walltime import first_instant, wall_time
from oncall.models import Schedule, WeeklyAdvice
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.models import Membership, Team

log = structlog.get_logger(__name__)

NINE = time(9)
LAST_DAY = 2  # Wednesday: later in the week it is no longer worth a mail
AGAIN = timedelta(minutes=15)
MOST_LINES = 40


class _Week(NamedTuple):
    """`name` as ISO has it; `told` is whether its advice may go at this instant; `following` is the next."""

    name: str
    told: bool
    following: datetime


def tell_weekly_advice(*, clock: Callable[[], datetime], limit: int = 20) -> int:
    """Tell the managers of teams whose Monday 09:00 has come; how many teams were looked at.

    1. A team without a row begins with the coming Monday.
    2. What there is to say is found before anything is locked.
    3. One transaction for each team: whoever holds its row tells, and sets the next Monday.

    After an outage it goes when the system is back, but not after Wednesday. A team whose advice fails is
    tried again in a quarter of an hour and holds up no other.
    """
    now = clock()
    _begin(now)
    due = WeeklyAdvice.objects.filter(wake_at__lte=now).select_related("team").order_by("wake_at", "pk")
    rows = list(due[:limit])
    for row in rows:
        try:
            _tell(row, now)
        except Exception:
            log.exception("weekly_advice_fault", team=row.team_id, effect="tried again in 15 minutes")
            WeeklyAdvice.objects.filter(pk=row.pk).update(wake_at=now + AGAIN)
    return len(rows)


def _begin(now: datetime) -> None:
    new = Team.objects.filter(weekly_advice=None)
    rows = [WeeklyAdvice(team=team, wake_at=_week(team, now).following) for team in new]
    if rows:
        WeeklyAdvice.objects.bulk_create(rows, ignore_conflicts=True)  # another worker may be at it


def _tell(row: WeeklyAdvice, now: datetime) -> None:
    week = _week(row.team, now)
    wanted = week.told and row.week != week.name
    notice = _notice(row.team, now) if wanted else None
    with transaction.atomic():
        mine = WeeklyAdvice.objects.select_for_update(skip_locked=True, of=("self",))
        held = mine.filter(pk=row.pk, wake_at=row.wake_at).first()
        if held is None:
            return
        if notice is not None:
            tell(requests=_requests(row.team, week, notice), now=now)
        held.week = week.name if wanted else held.week
        held.wake_at = week.following
        held.save(update_fields=["week", "wake_at"])


def _requests(team: Team, week: _Week, notice: Notice) -> list[NoticeRequest]:
    managers = Membership.objects.filter(team=team, role=Membership.Role.MANAGER, user__is_active=True)
    cause, run = f"team:{team.pk}", f"advice:{week.name}"
    return [
        NoticeRequest(user_id=user, cause=cause, run=run, notice=notice)
        for user in managers.order_by("pk").values_list("user_id", flat=True)
    ]


def _notice(team: Team, now: datetime) -> Notice | None:
    """None where there is nothing to say."""
    ids = list(Schedule.objects.filter(team=team, retired_at=None).values_list("pk", flat=True))
    found = [one for findings in advise(ids, now=now).values() for one in findings]
    found.sort(key=lambda one: (one.level is not Level.ERROR, one.schedule))
    if not found:
        return None
    lines = sentences(found[:MOST_LINES])
    if len(found) > MOST_LINES:
        lines.append(f"And {len(found) - MOST_LINES} more.")
    path = f"/schedules/{quote(found[0].schedule, safe='')}/quality"
    return Notice(title=_title(team, found), lines=tuple(lines), path=path, label="See the weeks ahead")


def _title(team: Team, found: Sequence[Finding]) -> str:
    errors = sum(one.level is Level.ERROR for one in found)
    counted = [(errors, "error"), (len(found) - errors, "warning")]
    said = " and ".join(f"{number} {noun}{'s' * (number != 1)}" for number, noun in counted if number)
    return f"{team.name}, on call in the coming weeks: {said}"


def _week(team: Team, now: datetime) -> _Week:
    zone = ZoneInfo(team.time_zone)
    local = wall_time(now, zone)
    monday = local.date() - timedelta(days=local.weekday())
    begins = first_instant(datetime.combine(monday, NINE), zone)
    after = first_instant(datetime.combine(monday + timedelta(days=7), NINE), zone)
    year, number, _ = local.isocalendar()
    told = begins <= now and local.weekday() <= LAST_DAY
    return _Week(f"{year}-W{number:02}", told, begins if now < begins else after)
