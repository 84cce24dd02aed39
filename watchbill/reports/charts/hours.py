"""When do pages come? Hours of the day by days of the week, by the clock of whoever was paged."""

from collections import Counter
from zoneinfo import ZoneInfo

from watchbill.reports.charts.theme import SMALL, Spec, Theme, empty, framed
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.wording import counted

QUESTION = "When do pages come?"
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CELL = 24
HOURS = range(24)
MORNING, NIGHT = 8, 22


def hours(report: LoadReport, theme: Theme) -> Spec:
    found = by_hour(report)
    if not found:
        return empty(theme, QUESTION, "No pages in this time.")
    values = [
        {"hour": hour, "day": name, "pages": found[weekday, hour]}
        for weekday, name in enumerate(WEEK)
        for hour in HOURS
    ]
    most = max(found.values())
    inside: Spec = {
        "height": CELL * len(WEEK),
        "data": {"values": values},
        "layer": [_cells(theme, most), _numbers(theme, most), *(_edge(theme, at) for at in (MORNING, NIGHT))],
    }
    said = "By each person's own clock. The night, 22 to 8, lies outside the two lines."
    return framed(theme, title(report), [said], inside)


def by_hour(report: LoadReport) -> Counter[tuple[int, int]]:
    """Pages within the report's time by weekday (0: Monday) and hour. Somebody without a shift in the report
    has the team's clock.
    """
    clocks = {row.user_id: row.zone for row in report.shifts}
    found: Counter[tuple[int, int]] = Counter()
    for page in report.pages:
        if page.counted:
            beside = clocks.get(page.user_id, report.zone)
            zone = beside if page.shift is None else report.shifts[page.shift].zone
            wall = page.at.astimezone(ZoneInfo(zone))
            found[wall.weekday(), wall.hour] += 1
    return found


def at_night(found: Counter[tuple[int, int]]) -> int:
    return sum(many for (_, hour), many in found.items() if hour >= NIGHT or hour < MORNING)


def title(report: LoadReport) -> str:
    found = by_hour(report)
    return f"{at_night(found)} of {counted(found.total(), 'page')} came between 22 and 8"


def _cells(theme: Theme, most: int) -> Spec:
    scale = {"domain": [0, most], "range": [theme.empty, theme.night]}
    return {
        "mark": {"type": "rect", "stroke": theme.ground, "strokeWidth": 2, "cornerRadius": 3},
        "encoding": _PLACE
        | {"color": {"field": "pages", "type": "quantitative", "scale": scale, "legend": None}},
    }


def _numbers(theme: Theme, most: int) -> Spec:
    dark = {"test": f"datum.pages * 2 >= {most}", "value": theme.ground}
    return {
        "transform": [{"filter": "datum.pages > 0"}],
        "mark": {"type": "text", "baseline": "middle", "fontSize": SMALL - 1},
        "encoding": _PLACE | {"text": {"field": "pages"}, "color": {"condition": dark, "value": theme.ink}},
    }


def _edge(theme: Theme, hour: int) -> Spec:
    rule = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": theme.soft}
    return {
        "data": {"values": [{}]},
        "mark": rule,
        "encoding": {
            "x": {"value": {"expr": f"width * {hour} / {len(HOURS)}"}},
            "y": {"value": 0},
            "y2": {"value": CELL * len(WEEK)},
        },
    }


_PLACE: Spec = {
    "x": {
        "field": "hour", "type": "ordinal", "scale": {"paddingInner": 0, "paddingOuter": 0},
        "axis": {"values": [0, 4, 8, 12, 18, 22], "labelAngle": 0},
    },
    "y": {
        "field": "day", "type": "ordinal", "sort": list(WEEK), "axis": {},
        "scale": {"paddingInner": 0, "paddingOuter": 0},
    },
}  # fmt: skip
