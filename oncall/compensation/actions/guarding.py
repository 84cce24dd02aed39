"""What a locked statement says, no edit changes: looked at before the edit and after it."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from oncall.actions.refusal import Refused
from oncall.compensation.loading.holidays import lies_in
from oncall.compensation.loading.stages import stages
from oncall.compensation.models import Statement
from people.history import places

Paid = Mapping[tuple[date, int], Any]
SHOWN_MONTHS = 3
NOON = time(12)


class Guard:
    """Made before plans are edited from the day `since` on, in the transaction of the edit; `check` after it.

    Reads what each person with a locked month is paid by in it, in a fixed number of queries for each month.
    """

    def __init__(self, *, since: date) -> None:
        self._months = locked_months(since=since)
        self._before = self._paid()

    def check(self) -> None:
        """Raises Refused where the edit changes by what somebody is paid in a month that is locked."""
        after = self._paid()
        months = sorted({month for month, user in self._before if self._differs((month, user), after)})
        if months:
            raise Refused(sentence(months, max(self._months)))

    def _differs(self, key: tuple[date, int], after: Paid) -> bool:
        return bool(self._before[key] != after.get(key))

    def _paid(self) -> Paid:
        return {
            (month, user): [
                (stage.span, stage.terms) for stage in staged.stages if stage.shown or stage.terms.cap
            ]
            for month, users in self._months.items()
            for user, staged in stages(users, since=month, until=month_after(month)).items()
        }


def check_day(day: date, calendar: str) -> None:
    """Raises Refused where the day is in a locked month of somebody who lived in `calendar` then."""
    month = day.replace(day=1)
    users = locked_months(since=month).get(month, [])
    noon = datetime.combine(day, NOON, UTC)
    for been in places(users).values() if users else ():
        if lies_in(next(place for place in been if noon < place.until).holidays, calendar):
            raise Refused(
                f"{day:%B %Y} is locked for people whose day this is, and it would change what their "
                "statements say. Give them an adjustment in a month that is open."
            )


def locked_months(*, since: date) -> Mapping[date, list[int]]:
    """The months that end after `since` and are locked for somebody, each with the ids of those people."""
    rows = Statement.objects.filter(state=Statement.State.LOCKED, month__gte=since.replace(day=1))
    found: dict[date, list[int]] = defaultdict(list)
    for month, user in rows.order_by("month", "user").values_list("month", "user_id"):
        found[month].append(user)
    return found


def sentence(months: list[date], latest: date) -> str:
    """Which months are locked, and what to write instead. It names nobody: pay is private."""
    named = ", ".join(f"{month:%B %Y}" for month in months[:SHOWN_MONTHS])
    more = f" and {len(months) - SHOWN_MONTHS} more months" if len(months) > SHOWN_MONTHS else ""
    return (
        f"This would change what statements say that are locked ({named}{more}). Write a new version from "
        f"{month_after(latest)} on, or give the people concerned an adjustment in a month that is open."
    )


def month_after(month: date) -> date:
    """The first day of the month after that of `month`."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)
