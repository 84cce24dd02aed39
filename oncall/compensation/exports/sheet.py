"""One person's month, as every file of it has it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, QuerySet

from oncall.compensation.core.months import next_month
from oncall.compensation.exports.items import Item, Total, kept_item, totals
from oncall.compensation.models import Statement, StatementLine
from oncall.core.walltime import first_instant
from people.history import Place, places
from people.models import User

UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """`zone` is where the person's clock hung when the month was over; `items` are in the statement's order.
    `approved` and `locked` are by whom (None: by the machine) and when; None where nobody has.
    """

    user: str
    name: str
    month: date
    zone: ZoneInfo
    state: str
    items: tuple[Item, ...]
    warnings: tuple[str, ...]
    reckoned_at: datetime
    approved: tuple[str | None, datetime] | None = None
    locked: tuple[str | None, datetime] | None = None

    @property
    def until(self) -> date:
        """The day after its last."""
        return next_month(self.month)

    @property
    def plans(self) -> list[str]:
        return list(dict.fromkeys(item.plan for item in self.items if item.plan))

    def totals(self) -> list[Total]:
        return totals(self.items)


def prepared(statements: QuerySet[Statement]) -> QuerySet[Statement]:
    """With all that `sheets` reads of them."""
    lines = Prefetch("lines", StatementLine.objects.order_by("position"))
    return statements.select_related("user", "approved_by", "locked_by").prefetch_related(lines)


def sheets(statements: QuerySet[Statement]) -> list[Sheet]:
    """In the order of `statements`. In four queries, however many there are."""
    rows = list(prepared(statements))
    been = places({row.user_id for row in rows})
    return [_sheet(row, been[row.user_id]) for row in rows]


def _sheet(row: Statement, been: Sequence[Place]) -> Sheet:
    items = tuple(kept_item(line) for line in row.lines.all())
    sheet = Sheet(
        user=row.user.username,
        name=str(row.user),
        month=row.month,
        zone=UTC_ZONE,
        state=row.state,
        items=items,
        warnings=tuple(str(one) for one in row.warnings),
        reckoned_at=row.reckoned_at,
        approved=_done(row.approved_by, row.approved_at),
        locked=_done(row.locked_by, row.locked_at),
    )
    return replace(sheet, zone=_zone_at_end(sheet.until, been))


def zone_of_month(user: User, month: date) -> ZoneInfo:
    """Where the person's clock hung when the month was over."""
    return _zone_at_end(next_month(month), places([user.pk])[user.pk])


def _done(by: User | None, at: datetime | None) -> tuple[str | None, datetime] | None:
    return None if at is None else (None if by is None else str(by), at)


def _zone_at_end(until: date, been: Sequence[Place]) -> ZoneInfo:
    for place in been:
        zone = ZoneInfo(place.time_zone)
        if first_instant(datetime.combine(until, time(0)), zone) <= place.until:
            return zone
    raise AssertionError("the last place is for ever")
