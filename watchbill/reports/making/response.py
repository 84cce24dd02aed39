"""How fast the incidents of a team's services were noticed, answered and ended."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from watchbill.reports.core import response as core
from watchbill.reports.core.facts import Incident
from watchbill.reports.core.hours import kind_at
from watchbill.reports.core.report import Response, ResponseRow, Times
from watchbill.reports.making.figures import Figures, rounded


def response(figures: Figures) -> Response:
    """Of those that were triggered in the report's time; kinds of time by the team's clock, since an incident
    may wake several people, or nobody.
    """
    incidents = [figures.incidents[pk] for pk in figures.gathered.opened if pk in figures.incidents]
    zone = ZoneInfo(figures.gathered.crew.team.time_zone)

    def by(group: Callable[[Incident], str]) -> list[ResponseRow]:
        return [_row(name, found) for name, found in core.grouped(incidents, group).items()]

    return Response(
        all=_row("", core.response(incidents)),
        by_service=by(lambda one: one.service),
        by_severity=sorted(by(lambda one: one.severity), key=lambda row: row.group),
        by_kind=by(lambda one: kind_at(one.triggered, zone, frozenset()).value),
    )


def _row(group: str, found: core.Response) -> ResponseRow:
    return ResponseRow(
        group=group,
        incidents=found.incidents,
        detect=_times(found.detect),
        acknowledge=_times(found.acknowledge),
        mitigate=_times(found.mitigate),
        resolve=_times(found.resolve),
        timeouts=found.timeouts,
        noise=found.noise,
        noise_ratio=rounded(found.noise_ratio),
    )


def _times(found: core.Times | None) -> Times | None:
    return None if found is None else Times(count=found.count, mean=found.mean, p50=found.p50, p90=found.p90)
