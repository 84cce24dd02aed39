"""What a trial would have done so far, and what that comes to for those who carry the pager."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from escalation.core.forecast import LOOKED_BACK, SOON, Carried, how_sure, shift_length, verdict
from escalation.models import AlertRule, TrialPage
from oncall.core.final import Shift
from oncall.models import Schedule
from oncall.selectors import final_shifts
from paging.core.rules import HIGH
from paging.selectors import paged_between
from people.models import Team

MOST_PAGES = 100
BEYOND = timedelta(days=62)
"""Shifts of up to about two months are seen whole."""
USUAL_BUDGET = int(Team._meta.get_field("pages_per_shift_budget").default)  # noqa: SLF001 - Django's Meta API


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """`count` would-be pages, of which `pages` are the first MOST_PAGES, those that wake somebody first, and
    `asleep` fall into sleep hours; `waiting` alerts are not reckoned yet. `elsewhere` of the pages go to
    people whom a step names: no shift carries them.
    """

    incidents: int
    pages: Sequence[TrialPage]
    count: int
    asleep: int
    waiting: int
    elsewhere: int
    carried: Sequence[Carried]
    looked: timedelta

    @property
    def forecast(self) -> list[str]:
        """A sentence for each role, and how sure it is."""
        found = [] if self.looked < SOON else [f"{one.said(self.looked)}." for one in self.carried]
        if found and self.elsewhere:
            found.append(
                f"{self.elsewhere} of the pages go to people whom a step names, whatever their shift."
            )
        sure = how_sure(self.looked)
        return [*found, sure] if sure and self.count else found

    @property
    def verdict(self) -> str:
        return verdict(self.carried, incidents=self.incidents, pages=self.count, looked=self.looked)


def outlook(rule: AlertRule, *, now: datetime) -> Outlook:
    """Of a trial up to `now`, or to its end. In a number of queries that grows with the roles only."""
    until = min(now, rule.ended_at or rule.ends_at)
    rows = would_be_pages(rule, until=until)
    incidents = rule.matches.order_by().values("alert__incident").distinct().count()
    counted = (
        rows.order_by()
        .values_list("schedule", "role")
        .annotate(all=Count("pk"), asleep_of_all=Count("pk", filter=Q(asleep=True)))
    )
    found = list(counted)
    schedules = Schedule.objects.select_related("team").in_bulk({pk for pk, *_ in found if pk is not None})
    carried = (
        _carried(schedules[pk], role, count, now=until) for pk, role, count, _ in found if pk is not None
    )
    return Outlook(
        incidents=incidents,
        pages=list(rows[:MOST_PAGES]),
        count=sum(count for _, _, count, _ in found),
        asleep=sum(asleep for *_, asleep in found),
        waiting=rule.matches.filter(reckoned_at=None).count(),
        elsewhere=sum(count for pk, _, count, _ in found if pk is None),
        carried=[one for one in carried if one is not None],
        looked=until - rule.created_at,
    )


def would_be_pages(rule: AlertRule, *, until: datetime) -> QuerySet[TrialPage]:
    """Those that would have been made before `until`: an alert that was over by then pages nobody. Sleep
    first, then the newest.
    """
    over = Q(match__alert__resolved_at__isnull=False, match__alert__resolved_at__lte=F("at")) & Q(
        at__gt=F("match__at")
    )
    rows = TrialPage.objects.filter(match__rule=rule, at__lte=until).exclude(over)
    return rows.select_related("user", "schedule__team", "match__alert").order_by("-asleep", "-at", "-pk")


def _carried(schedule: Schedule, role: str, would: int, *, now: datetime) -> Carried | None:
    """None where nobody carries the role at all."""
    since = now - LOOKED_BACK
    turns = [
        shift
        for shift in final_shifts(
            schedule, since=since - BEYOND, until=now + BEYOND, role=role, split_at_handoffs=True
        )
        if shift.user is not None
    ]
    length = shift_length((shift.start, shift.end) for shift in turns)
    ahead = timedelta(0) if length is None else _time(turns, since=now, until=now + LOOKED_BACK)
    if length is None or not ahead:
        return None
    lately = [shift for shift in turns if shift.start < now and shift.end > since]
    return Carried(
        role=f"{role} of {schedule.name}",
        shifts=max(_time(lately, since=since, until=now) / length, 1.0),  # less would be no shift
        pages=_pages(lately, since=since, until=now),
        ahead=ahead / length,
        would=would,
        budget=schedule.team.pages_per_shift_budget if schedule.team else USUAL_BUDGET,
    )


def _time(shifts: Sequence[Shift], *, since: datetime, until: datetime) -> timedelta:
    """How long they last within [since, until)."""
    spans = (min(shift.end, until) - max(shift.start, since) for shift in shifts)
    return sum((span for span in spans if span > timedelta(0)), timedelta(0))


def _pages(shifts: Sequence[Shift], *, since: datetime, until: datetime) -> int:
    """High-urgency pages to whoever was on, each incident once a shift, as the would-be ones are counted."""
    users = {shift.user for shift in shifts if shift.user is not None}
    rows = paged_between(users, since=since, until=until)
    counted = {
        (one.user, one.cause, shift.start)
        for one in rows
        if one.urgency == HIGH
        for shift in shifts
        if shift.user == one.user and shift.start <= one.at < shift.end
    }
    return len(counted)
