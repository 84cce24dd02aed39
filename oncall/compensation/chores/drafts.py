"""Every night the drafts of this month and the last are renewed, and what is locked is reckoned anew."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime

from django.db.models import Exists, OuterRef

from oncall.compensation.actions.reconciling import reconcile
from oncall.compensation.actions.statements import refresh
from oncall.compensation.chores.apart import each_apart
from oncall.compensation.core.months import first_of, month_before
from oncall.compensation.models import Adjustment, Statement
from oncall.compensation.reckoning import everybody

LOOKED_BACK = 4
"""Months before the last one: a locked one that is older changes only when somebody refreshes it by name."""


def keep_drafts(*, clock: Callable[[], datetime]) -> list[int]:
    """Renew the drafts of everybody; returns those for whom something failed.

    The oldest month first: what one is owed for it goes into the first month after it that is open.
    """
    now = clock()
    this = first_of(now.date())
    last = month_before(this)
    older = [last]
    while len(older) <= LOOKED_BACK:
        older.append(month_before(older[-1]))
    people = everybody()
    failed = []
    for month in reversed(older[1:]):
        failed += each_apart(people, _reconciling(month, now), what=f"reconcile {month:%Y-%m}")
    for month, some in _adjusted_before(last).items():
        failed += each_apart(some, _refreshing(month, now), what=f"refresh {month:%Y-%m}")
    for month in (last, this):
        failed += each_apart(people, _refreshing(month, now), what=f"refresh {month:%Y-%m}")
    return sorted(set(failed))


def _adjusted_before(month: date) -> dict[date, list[int]]:
    """Older months that are still open, and whose they are where something was added to them."""
    closed = Statement.objects.filter(user=OuterRef("user"), month=OuterRef("month")).exclude(
        state=Statement.State.DRAFT
    )
    rows = Adjustment.objects.filter(~Exists(closed), month__lt=month, cancelled_at=None)
    found: dict[date, list[int]] = defaultdict(list)
    for when, user in rows.order_by("month", "user").values_list("month", "user").distinct():
        found[when].append(user)
    return found


def _reconciling(month: date, now: datetime) -> Callable[[Sequence[int]], object]:
    return lambda ids: reconcile(user_ids=ids, month=month, now=now)


def _refreshing(month: date, now: datetime) -> Callable[[Sequence[int]], object]:
    return lambda ids: refresh(user_ids=ids, month=month, now=now)
