"""What shifts and alerts cost: of what pay reckons, the part that lies in each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from fractions import Fraction

from oncall.compensation.core.line import Kind, Line
from oncall.compensation.core.money import Rounding
from oncall.compensation.currencies import smallest
from oncall.core.span import Span, intersection
from watchbill.reports.core.report import Money
from watchbill.reports.making.figures import Figures, Shown, by_time

AN_INSTANT = timedelta(microseconds=1)


class Costs:
    """A line belongs to a shift by as much of the time that it pays for as lies in it, a call-out to the one
    that its first page was for, and to the keys of its pages in equal parts; what comes out is rounded once,
    to the currency's smallest unit.
    """

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        owed = figures.gathered.beside.owed
        self._lines = {user: list(one.statement.lines) for user, one in owed.items()}
        self._seen = {page.id: page for page in figures.gathered.pages}

    def of_shift(self, shown: Shown) -> list[Money]:
        """As far as it is shown."""
        return self._of_part(shown, shown.carried.span)

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

    def of_all(self) -> list[Money]:
        """Of all shifts, what lies in the report's time."""
        within = self._figures.scope.within
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for shown in self._figures.shifts:
            start, end = shown.carried.span
            for one in self._of_part(shown, Span(max(start, within.start), end)):
                sums[one.currency] += Fraction(one.amount)
        return money(sums)

    def _of_part(self, shown: Shown, span: Span) -> list[Money]:
        sums: dict[str, Fraction] = defaultdict(Fraction)
        for line in self._lines.get(shown.duty.user, ()):
            if self._is_of(line, shown):
                sums[line.currency] += self._part(line, span) * Fraction(line.amount)
        return money(sums)

    def _is_of(self, line: Line, shown: Shown) -> bool:
        if line.kind is Kind.CALL_OUT and line.pages:
            first = self._seen.get(line.pages[0])
            return first is not None and first.duty == shown.duty
        return (line.schedule, line.role) == (shown.carried.schedule, shown.carried.role)

    def _part(self, line: Line, span: Span) -> Fraction:
        """Of a call-out all or nothing: it may go on beyond the shift that it began in."""
        if line.kind is Kind.CALL_OUT:
            began = self._seen[line.pages[0]].asked if line.pages else line.span.start
            return Fraction(span.start <= began < span.end)
        common = _length(intersection(line.moments, [span]))
        return Fraction(common // AN_INSTANT, _length(line.moments) // AN_INSTANT) if common else Fraction(0)


def money(sums: Mapping[str, Fraction]) -> list[Money]:
    """By currency; a credit of time alone is of none."""
    found = []
    for currency, exact in sorted(sums.items()):
        if currency and exact:
            amount = Rounding(unit=smallest(currency)).rounded(exact)
            found.append(Money(currency=currency, amount=amount))
    return found


def _length(spans: Iterable[Span]) -> timedelta:
    return sum((span.end - span.start for span in spans), timedelta(0))
