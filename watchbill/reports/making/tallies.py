"""The shifts of a longer time, counted no further than comparing people and weeks asks for."""

from collections import defaultdict
from typing import TYPE_CHECKING

from oncall.core.span import Span
from oncall.selectors import Duty
from watchbill.reports.core.fairness import Tally
from watchbill.reports.core.hours import Kind
from watchbill.reports.making.figures import Figures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from watchbill.reports.gathering import Interrupted, Seen


class Tallies:
    """Of one team, over the far span."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._pages: dict[Duty, list[Seen]] = defaultdict(list)
        self._woken: dict[Duty, list[Interrupted]] = defaultdict(list)
        for page in figures.gathered.pages:
            if page.duty is not None:
                self._pages[page.duty].append(page)
        for one in figures.gathered.interruptions:
            if one.duty is not None:
                self._woken[one.duty].append(one)

    def ended_in(self, span: Span) -> list[Tally]:
        """Whole shifts that ended in (span.start, span.end], and before what is not over yet."""
        far = self._figures.scope.far
        return [
            self._tally(duty, duty.span)
            for duty in self._figures.gathered.crew.duties
            if span.start < duty.span.end <= span.end and far.start < duty.span.start
            and duty.span.end < far.end
        ]  # fmt: skip

    def parts_in(self, span: Span) -> list[Tally]:
        """What of each shift lies in `span`."""
        found = []
        for duty in self._figures.gathered.crew.duties:
            common = Span(max(duty.span.start, span.start), min(duty.span.end, span.end))
            if common.start < common.end:
                found.append(self._tally(duty, common))
        return found

    def _tally(self, duty: Duty, span: Span) -> Tally:
        woken = [one for one in self._woken.get(duty, ()) if span.start <= one.asked < span.end]
        kinds: Mapping[int, Kind] = self._figures.kinds_of_interruptions
        return Tally(
            carried=self._figures.gathered.carried(duty._replace(span=span)),
            pages=sum(span.start <= page.asked < span.end for page in self._pages.get(duty, ())),
            interruptions=len(woken),
            sleep_interruptions=sum(kinds[one.pages[0]] is Kind.SLEEP for one in woken),
            short_rests=self._figures.short_rests_of(duty, span),
        )
