"""Each shift with its numbers, its verdict and the pages behind them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from oncall.core.span import Span
from oncall.selectors import Duty
from watchbill.reports.core.report import Judged, KeyOfShift, PageRow, ShiftRow
from watchbill.reports.core.shift_load import ShiftLoad, load_of
from watchbill.reports.core.thresholds import Thresholds
from watchbill.reports.core.verdict import verdict
from watchbill.reports.gathering import Seen
from watchbill.reports.making.costs import Costs
from watchbill.reports.making.figures import Figures, Shown, by_time, kinds, rounded, seconds


class _Terms(NamedTuple):
    """By which every shift is told."""

    costs: Costs
    thresholds: Thresholds
    budget: int


def shift_rows(figures: Figures, costs: Costs, thresholds: Thresholds, *, budget: int) -> list[ShiftRow]:
    by_duty = _by_duty(figures)
    terms = _Terms(costs, thresholds, budget)
    return [_row(figures, shown, by_duty.get(shown.duty, ()), terms) for shown in figures.shifts]


def page_rows(figures: Figures, rows: Sequence[ShiftRow]) -> list[PageRow]:
    """Every page of a shift that is shown, and those beside all shifts; by time."""
    place = {page: n for n, row in enumerate(rows) for page in row.pages_seen}
    counted = {page.id for page in figures.counted}
    shown = [page for page in figures.gathered.pages if page.id in place or page.id in counted]
    return [_page_row(figures, page, place.get(page.id), page.id in counted) for page in by_time(shown)]


def _by_duty(figures: Figures) -> Mapping[Duty, list[Seen]]:
    found: dict[Duty, list[Seen]] = defaultdict(list)
    for page in figures.gathered.pages:
        if page.duty is not None and page.id in figures.pages:
            found[page.duty].append(page)
    return found


def _row(figures: Figures, shown: Shown, pages: Sequence[Seen], terms: _Terms) -> ShiftRow:
    gathered, carried = figures.gathered, shown.carried
    load = load_of(
        carried,
        pages=[figures.pages[page.id] for page in pages],
        incidents=figures.incidents,
        interruptions=figures.interrupted.get(shown.duty, ()),
        engaged=list(_engaged(figures, shown)),
        short_rests=figures.short_rests_of(shown.duty, carried.span),
    )
    said = verdict(load, terms.thresholds, budget=terms.budget)
    person = gathered.people[carried.user]
    return ShiftRow(
        schedule=carried.schedule,
        role=carried.role,
        user=person.username,
        user_id=person.pk,
        name=str(person),
        zone=str(carried.zone),
        start=carried.span.start,
        end=carried.span.end,
        begun_before=shown.begun_before,
        goes_on=shown.goes_on,
        verdict=said.colour.said,
        sentence=said.sentence(),
        reasons=[one.sentence for one in said.reasons],
        judged=[
            Judged(measure=one.measure, colour=one.colour.said, sentence=one.sentence) for one in said.reasons
        ],
        budget=terms.budget,
        cost=terms.costs.of_shift(shown),
        pages_seen=[page.id for page in by_time(pages)],
        **_numbers(load),
    )


def _numbers(load: ShiftLoad) -> dict[str, Any]:
    return {
        "hours": {kind.value: seconds(length) for kind, length in load.hours.items()},
        "pages": load.pages,
        "interruptions": load.interruptions,
        "incidents": len(load.incidents),
        "sleep_interruptions": load.sleep_interruptions,
        "interruptions_by_kind": kinds(load.interruptions_by_kind),
        "incidents_per_12_hours": rounded(load.incidents_per_12_hours),
        "nights": load.nights,
        "nights_interrupted": len(load.interruptions_by_night),
        "most_in_one_night": load.most_in_one_night,
        "undisturbed": None if load.undisturbed is None else seconds(load.undisturbed),
        "engaged": seconds(load.engaged),
        "answer_p50": load.answered_within(50),
        "answer_p90": load.answered_within(90),
        "missed": load.missed,
        "timeouts": load.timeouts,
        "resolved_themselves": load.resolved_themselves,
        "recurred": load.recurred,
        "flapping": load.flapping,
        "labelled": load.labelled,
        "not_actionable": load.not_actionable,
        "keys": [
            KeyOfShift(
                key=one.key,
                pages=one.pages,
                incidents=one.incidents,
                resolved_themselves=one.resolved_themselves,
            )
            for one in load.keys[:5]
        ],
        "short_rests": load.short_rests,
    }


def _engaged(figures: Figures, shown: Shown) -> Iterator[Span]:
    """What kept the person that began with a page of this shift; what a correction says without a page, by
    when it began.
    """
    of_page = figures.duty_of
    for one in figures.gathered.beside.engagements.get(shown.duty.user, ()):
        if one.pages:
            mine = of_page.get(one.pages[0]) == shown.duty
        else:
            mine = shown.carried.span.start <= one.span.start < shown.carried.span.end
        if mine:
            yield one.span


def _page_row(figures: Figures, seen: Seen, shift: int | None, counted: bool) -> PageRow:  # noqa: FBT001
    page, incident = figures.pages[seen.id], figures.incidents[seen.incident]
    person = figures.gathered.people[seen.user]
    return PageRow(
        id=seen.id,
        at=seen.at,
        user=person.username,
        user_id=person.pk,
        shift=shift,
        incident=incident.id,
        title=incident.title,
        service=incident.service,
        severity=incident.severity,
        key=incident.key,
        kind=figures.kind(seen.user, seen.at).value,
        answered=None if page.answered is None else max(seconds(page.answered - page.at), 0),
        missed=page.missed,
        resolved_itself=incident.resolved_itself,
        label=incident.label.value if incident.label else "",
        counted=counted,
    )
