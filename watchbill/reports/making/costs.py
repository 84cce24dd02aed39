"""What shifts and alerts cost: of what pay reckons, the part that lies in each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import Rounding
from oncall.compensation.currencies import smallest
from watchbill.reports.core.report import Money
from watchbill.reports.making.figures import Figures, Shown, by_time

AN_INSTANT = timedelta(microseconds=1)


class Costs:
    """A line belongs to a shift by as much of its time as lies in it, a call-out to the keys of its pages in
    equal parts; what comes out is rounded once, to the currency's smallest unit.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        owed = figures.gathered.beside.owed
        self._lines = {user: list(one.statement.lines) for user, one in owed.items()}

    def of_shift(self, shown: Shown) -> list[Money]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for line in self._lines.get(shown.duty.user, ()):
            if (line.schedule, line.role) == (shown.carried.schedule, shown.carried.role):
                sums[line.currency] += _part(line, shown) * Fraction(line.amount)
        return money(sums)

    def of_keys(self) -> Mapping[tuple[str, str], list[Money]]:
        """Call-outs, by service and key."""
        figures = self._figures
        about = {page.id: page for page in by_time(figures.counted)}
        sums: dict[tuple[str, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        for lines in self._lines.values():
            for line in lines:
                if line.kind is Kind.CALL_OUT and line.pages:
                    for page in (about[pk] for pk in line.pages if pk in about):
                        name = figures.gathered.names[page.incident]
                        each = Fraction(line.amount) / len(line.pages)
                        sums[name.service, figures.key(page.incident)][line.currency] += each
        return {key: money(found) for key, found in sums.items()}

    def of_all(self, shifts: Iterable[list[Money]]) -> list[Money]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for each in shifts:
            for one in each:
                sums[one.currency] += Fraction(one.amount)
        return money(sums)


def money(sums: Mapping[str, Fraction]) -> list[Money]:
    """By currency; a credit of time alone is of none."""
    found = []
    for currency, exact in sorted(sums.items()):
        if currency and exact:
            amount = Rounding(unit=smallest(currency)).rounded(exact)
            found.append(Money(currency=currency, amount=amount))
    return found


def _part(line: Line, shown: Shown) -> Fraction:
    """Of a call-out all or nothing: it may go on beyond the shift that it began in."""
    start, end = shown.carried.span
    if line.kind is Kind.CALL_OUT:
        return Fraction(start <= line.span.start < end)
    common = min(end, line.span.end) - max(start, line.span.start)
    if common <= timedelta(0):
        return Fraction(0)
    return Fraction(common // AN_INSTANT, (line.span.end - line.span.start) // AN_INSTANT)
