"""The swaps that wait for somebody: for them to take, and for their yes."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from oncall.models import Swap
from oncall.standins import carriable
from people.models import User
from people.permissions import managed_team_ids

PEOPLE = ("schedule__team", "giver", "taker", "offered_to", "decided_by", "asked_by")


def swaps_waiting(request: HttpRequest) -> Mapping[str, Callable[[], int]]:
    """For the navigation: how many wait for the reader. Counted only where a page asks."""
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return {}
    return {"swaps_waiting": lambda: _count(user, timezone.now())}


def takable(reader: User, *, now: datetime) -> list[Swap]:
    """The open ones that `reader` may take, the first to begin first."""
    rows = list(
        Swap.objects.filter(Q(offered_to=None) | Q(offered_to=reader), state=Swap.State.OPEN, end__gt=now)
        .exclude(giver=reader)
        .select_related(*PEOPLE)
        .order_by("start", "pk")
    )
    able = carriable(reader, {row.schedule for row in rows}, at=now) if rows else set()
    return [row for row in rows if row.schedule_id in able]


def to_decide(reader: User, *, now: datetime) -> list[Swap]:
    """Those that wait for the yes of a manager of their team, which `reader` is."""
    rows = Swap.objects.filter(
        state=Swap.State.TAKEN, end__gt=now, schedule__team__in=managed_team_ids(reader)
    )
    others = rows.exclude(giver=reader).exclude(taker=reader)
    return list(others.select_related(*PEOPLE).order_by("start", "pk"))


def _count(reader: User, now: datetime) -> int:
    return len(takable(reader, now=now)) + len(to_decide(reader, now=now))
