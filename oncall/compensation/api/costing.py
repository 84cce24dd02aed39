"""What a rotation that is not saved would cost, for the preview on its schedule's page in the admin."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from oncall.compensation.comparing import Change, Comparison, OtherRotation, compare
from oncall.compensation.currencies import shown
from oncall.compensation.models import PayPlan
from oncall.compensation.permissions import manages_any, people_seen
from oncall.unsaved import Edited
from people.models import User


def beside_preview(edited: Edited, viewer: User, now: datetime) -> Mapping[str, Any]:
    """`cost` of the coming quarter, as it stands and after saving, of the people whose pay `viewer` may see;
    nothing for one who manages nobody. Raises Refused, as saving would.
    """
    if not PayPlan.objects.exists() or not manages_any(viewer):
        return {}
    schedule, name, draft = edited
    since = _coming(now.astimezone(ZoneInfo(draft.time_zone)).date())
    rotation = OtherRotation(schedule=schedule.pk if schedule else None, name=name, draft=draft)
    found = compare(
        Change(rotations=[rotation]),
        seen=list(people_seen(viewer).values_list("pk", flat=True)),
        since=since,
        until=_coming(since),
        now=now,
    )
    return {"cost": {"since": since, "sums": list(_sums(found)), "left_out": found.left_out}}


def _sums(found: Comparison) -> Iterator[str]:
    """“GBP 1,200.00 instead of 1,000.00 (+200.00)”."""
    none, whole = Decimal(0), found.whole
    for currency, difference in whole.differences().items():
        before, after, more = (
            f"{Decimal(shown(amount, currency)):,f}"
            for amount in (
                whole.before.amounts.get(currency, none),
                whole.after.amounts.get(currency, none),
                difference,
            )
        )
        sign = "+" if difference > 0 else ""
        yield (
            f"{currency} {after} instead of {before} ({sign}{more})"
            if difference
            else f"{currency} {after}, as now"
        )


def _coming(day: date) -> date:
    """The first day of the quarter after the one that `day` lies in."""
    n = day.year * 4 + (day.month - 1) // 3 + 1
    return date(n // 4, n % 4 * 3 + 1, 1)
