"""Plans and stretches for tests of pay."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from oncall.compensation.core.bands import NO_HOLIDAYS, Place
from oncall.compensation.core.carried import Carried
from oncall.compensation.core.statement import Stage, reckon
from oncall.compensation.core.terms import Band, Terms, Unit
from oncall.core.restriction import Restriction
from oncall.core.span import Span

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
MIDNIGHT = time(0)
WHOLE_DAY = (MIDNIGHT, MIDNIGHT)
WORKDAYS, WEEKEND = (0, 1, 2, 3, 4), (5, 6)


def days(which, start=MIDNIGHT, end=MIDNIGHT):
    return (Restriction(tuple(which), start, end),)


def band(name, amount, per, **more):
    return Band(name=name, amount=Fraction(str(amount)), per=Unit(per), **more)


WEEK = Terms(
    plan="Engineering US",
    currency="USD",
    bands=(
        band("weekday", 200, "week", within=days(WORKDAYS), prorate=True),
        band("weekend", 500, "weekend", within=days(WEEKEND), prorate=True),
    ),
)
HOLIDAY = band("holiday", 150, "day", holidays=True, prorate=True)
OUT_OF_HOURS = Terms(
    plan="Engineering UK",
    currency="GBP",
    bands=(band("out_of_hours", 10, "hour", outside=days(WORKDAYS, time(9), time(17))),),
)


def at(zone, *wall):
    """An instant, of a wall time in `zone` that exists once."""
    return datetime(*wall, tzinfo=zone).astimezone(UTC)


def stretch(start, end, *, role="primary", schedule="Checkout", turn=None):
    span = Span(start, end)
    return Carried(schedule=schedule, role=role, span=span, turn=turn or span)


def place(zone, *holidays):
    return Place(zone, dict.fromkeys((date(*day) for day in holidays), WHOLE_DAY) or NO_HOLIDAYS)


def statement(terms, where, *carried, engagements=(), within=None):
    """Of all that is given, or of `within`."""
    starts = [one.span.start for one in (*carried, *engagements)]
    ends = [one.span.end for one in (*carried, *engagements)]
    whole = within or Span(min(starts), max(ends) + timedelta(days=1))
    return reckon([Stage(span=whole, terms=terms, place=where)], list(carried), list(engagements))


def owed(found):
    """“700.00”: the one total there is."""
    totals = found.totals()
    assert len(totals) <= 1
    return str(next(iter(totals.values()), "0"))
