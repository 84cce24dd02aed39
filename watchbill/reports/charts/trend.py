"""Is it getting quieter? Incidents a day, their average, and what was done about them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from watchbill.reports.charts.theme import SMALL, Spec, Theme, empty, framed
from watchbill.reports.core.report import LoadReport, Marker
from watchbill.reports.core.wording import counted, cut, day, percent

QUESTION = "Is it getting quieter?"
HEIGHT, PLOT = 150, 420
MARKERS = 3
LONGEST = 80


def trend(report: LoadReport, theme: Theme) -> Spec:
    days = report.trend.days
    if not any(one.incidents or one.average for one in days):
        return empty(theme, title(report), "No incidents in this time.")
    x = {
        "field": "at", "type": "temporal", "scale": {"type": "utc"},
        "axis": {"format": "%-d %b", "tickCount": 5, "grid": False, "labelFlush": True},
    }  # fmt: skip
    y = {"type": "quantitative", "axis": {"tickMinStep": 1, "tickCount": 4, "format": "~d"}}
    wide = max(PLOT / len(days) - 1, 0.5)
    values = [
        {"at": f"{one.day.isoformat()}T00:00:00Z", "incidents": one.incidents, "average": one.average}
        for one in days
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "bar", "width": wide, "color": theme.bar},
            "encoding": {"x": x, "y": y | {"field": "incidents"}},
        },
        {
            "mark": {"type": "line", "strokeWidth": 3, "color": theme.night},
            "encoding": {"x": x, "y": y | {"field": "average"}},
        },
    ]
    if marked := markers(report):
        layers += _marked(marked, x, theme)
    inside: Spec = {"height": HEIGHT, "data": {"values": values}, "layer": layers}
    return framed(theme, title(report), subtitle(report), inside)


def title(report: LoadReport) -> str:
    found = report.trend
    return (
        f"{found.over_budget} of {counted(found.shifts, 'shift')} in 90 days were over budget"
        f" ({percent(found.share_over)})"
        if found.shifts
        else QUESTION
    )


def subtitle(report: LoadReport) -> list[str]:
    said = ["Bars: incidents a day. Line: the average of 21 days."]
    return said + [marker_text(n, one, report.zone) for n, one in enumerate(markers(report), 1)]


def marker_text(n: int, one: Marker, zone: str) -> str:
    return f"{n}: {day(one.at, zone)}, {cut(one.what, LONGEST)}: {one.before} → {counted(one.after, 'page')}"


def markers(report: LoadReport) -> Sequence[Marker]:
    """The latest, in the order of time."""
    first = report.trend.days[0].day if report.trend.days else None
    seen = [one for one in report.trend.markers if first is not None and one.at.date() >= first]
    return sorted(seen, key=lambda one: one.at)[-MARKERS:]


def _marked(found: Sequence[Marker], x: Spec, theme: Theme) -> list[Spec]:
    values = [{"at": _utc(one.at), "n": str(n)} for n, one in enumerate(found, 1)]
    data = {"values": values}
    rule = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": theme.ink}
    number = {
        "type": "text", "align": "left", "baseline": "top", "dx": 4, "y": 0, "fontSize": SMALL,
        "fontWeight": "bold", "color": theme.ink,
    }  # fmt: skip
    return [
        {"data": data, "mark": rule, "encoding": {"x": x}},
        {"data": data, "mark": number, "encoding": {"x": x, "y": {"value": 0}, "text": {"field": "n"}}},
    ]


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
