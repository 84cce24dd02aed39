"""Whether a holiday pays less than the time that it takes the place of: exactly, an hour against an hour."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

from oncall.compensation.core.bands import NO_HOLIDAYS, Place, of_bands, unit_around
from oncall.compensation.core.money import hours
from oncall.compensation.core.terms import NOTHING, Band, Terms, Unit
from oncall.core.span import Span, intersection

MONDAY = datetime(2024, 7, 1, tzinfo=UTC)
A_DAY = timedelta(days=1)
AROUND = timedelta(days=9)
WHOLE_DAY = (time(0), time(0))
Own = Mapping[str, Sequence[Span]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """On holidays that fall on `days` (0 is Monday), an hour pays `pays` by the band `holiday`, where by
    `displaced` it would pay `would` at most. `needs` is what the holiday would have to pay per its own unit;
    None where it pays nothing now. A flat amount counts by the hour, as if it were shared by time.
    """

    holiday: Band
    displaced: Band
    days: tuple[int, ...]
    pays: Fraction
    would: Fraction
    needs: Fraction | None


def shortfalls(terms: Terms) -> list[Shortfall]:
    """In the order of the bands. Bands paid by the shift, which may have any length, are not compared."""
    holidays = [band for band in terms.bands if band.holidays and not band.additive]
    others = [band for band in terms.bands if not band.holidays and not band.additive]
    if not holidays or not others:
        return []
    within = Span(MONDAY - AROUND, MONDAY + 7 * A_DAY + AROUND)
    usual = of_bands(terms, Place(UTC, NO_HOLIDAYS), within)
    found: dict[tuple[str, str], list[Shortfall]] = {}
    for day in range(7):
        date = (MONDAY + day * A_DAY).date()
        festive = of_bands(terms, Place(UTC, {date: WHOLE_DAY}), within)
        for holiday in holidays:
            for one in _of_day(terms, holiday, others, day, usual, festive):
                found.setdefault((holiday.name, one.displaced.name), []).append(one)
    return [_worst(ones) for ones in found.values()]


def _of_day(  # noqa: PLR0917 - what one day is compared by
    terms: Terms, holiday: Band, others: Iterable[Band], day: int, usual: Own, festive: Own
) -> Iterator[Shortfall]:
    for other in others:
        taken = intersection(usual[other.name], festive[holiday.name])
        if not taken or Unit.SHIFT in {holiday.per, other.per}:
            continue
        on_top = _on_top(terms, festive, taken)
        own = _hourly(holiday, festive[holiday.name], taken[0].start)
        would = _hourly(other, usual[other.name], taken[0].start)
        if own + on_top < would:
            needs = holiday.amount * (would - on_top) / own if own else None
            yield Shortfall(
                holiday=holiday, displaced=other, days=(day,), pays=own + on_top, would=would, needs=needs
            )


def _on_top(terms: Terms, festive: Own, taken: Sequence[Span]) -> Fraction:
    """What bands that are paid on top of a holiday add to each hour of it, on average."""
    added = NOTHING
    for band in terms.bands:
        if band.holidays and band.additive and band.per is not Unit.SHIFT:
            also = intersection(festive[band.name], taken)
            if also:
                added += _hourly(band, festive[band.name], also[0].start) * _total(also)
    return added / _total(taken)


def _hourly(band: Band, own: Sequence[Span], at: datetime) -> Fraction:
    if band.per is Unit.HOUR:
        return band.amount
    return band.amount / _total(intersection(own, [unit_around(band.per, at.date()).by(UTC)]))


def _total(spans: Iterable[Span]) -> Fraction:
    return sum((hours(span.end - span.start) for span in spans), NOTHING)


def _worst(ones: Sequence[Shortfall]) -> Shortfall:
    """All days of it, and the worst of them."""
    worst = max(ones, key=lambda one: one.would - one.pays)
    most = [one.needs for one in ones if one.needs is not None]
    return Shortfall(
        holiday=worst.holiday,
        displaced=worst.displaced,
        days=tuple(day for one in ones for day in one.days),
        pays=worst.pays,
        would=worst.would,
        needs=max(most) if len(most) == len(ones) else None,
    )
