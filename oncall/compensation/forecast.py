"""What some people will cost in the months ahead: standby as the schedules stand, and, apart from it,
call-outs as the last 90 days had them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.months import first_of, next_month
from oncall.compensation.currencies import smallest
from oncall.compensation.reckoning import Owed, reckoned

LOOKED_BACK = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """One month, by currency. `call_outs` is a guess: so much for each of its days as on the days before."""

    month: date
    standby: Mapping[str, Decimal]
    call_outs: Mapping[str, Decimal]
    lieu_minutes: int
    """Of such call-outs."""

    @property
    def currencies(self) -> list[str]:
        return sorted({*self.standby, *self.call_outs})


def forecast(user_ids: Collection[int], *, months: int, now: datetime) -> list[Ahead]:
    """The months after the one that `now` is in, by UTC. Each takes as many queries as `reckoned`."""
    today = now.astimezone(UTC).date()
    past = list(_lines(reckoned(user_ids, since=today - LOOKED_BACK, until=today, now=now)))
    called = [line for line in past if line.kind is Kind.CALL_OUT]
    found, month = [], next_month(first_of(today))
    for _ in range(months):
        end = next_month(month)
        coming = _lines(reckoned(user_ids, since=month, until=end, now=now))
        found.append(_ahead(month, (end - month).days, list(coming), called))
        month = end
    return found


def _ahead(month: date, days: int, coming: Iterable[Line], called: Collection[Line]) -> Ahead:
    share = Fraction(days, LOOKED_BACK.days)
    guessed = {
        currency: (amount * days / LOOKED_BACK.days).quantize(smallest(currency))
        for currency, amount in _summed(called).items()
    }
    return Ahead(
        month=month,
        standby=_summed(coming),
        call_outs=guessed,
        lieu_minutes=round(share * sum(line.lieu_minutes for line in called)),
    )


def _summed(lines: Iterable[Line]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line.currency] = found.get(line.currency, Decimal(0)) + line.amount
    return found


def _lines(owed: Mapping[int, Owed]) -> Iterable[Line]:
    return (line for one in owed.values() for line in one.statement.lines)
