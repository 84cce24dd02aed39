"""One chart of a report as a picture, and one page with all of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from watchbill.reports.charts.alt import Chart
from watchbill.reports.charts.hours import hours
from watchbill.reports.charts.rendering import Form, as_form, as_svg
from watchbill.reports.charts.rows import keys, people, shifts
from watchbill.reports.charts.theme import DARK, FONT, LIGHT, Spec, Theme
from watchbill.reports.charts.trend import trend
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.wording import counted, cut, period

MADE: Mapping[Chart, Callable[[LoadReport, Theme], Spec]] = {
    Chart.SHIFTS: shifts,
    Chart.TREND: trend,
    Chart.KEYS: keys,
    Chart.HOURS: hours,
    Chart.PEOPLE: people,
}
WIDE, HIGH = 1600, 900
"""A slide's shape."""
EDGE, HEAD, GAP = 40, 118, 24
COLUMNS: Sequence[Sequence[Chart]] = (
    (Chart.SHIFTS,),
    (Chart.KEYS, Chart.HOURS),
    (Chart.TREND, Chart.PEOPLE),
)
OPENING = re.compile(r'<svg [^>]*?width="([\d.]+)" height="([\d.]+)"[^>]*>')


def draw(report: LoadReport, chart: Chart, *, form: Form, dark: bool = False) -> bytes:
    """What `report` shows and no more: give it through `seen.for_reader`."""
    return as_form(_svg(report, chart, DARK if dark else LIGHT), form)


def sheet(report: LoadReport, form: Form) -> bytes:
    """All charts on one page, to paste into a slide: as wide as one, and at most as high."""
    width = (WIDE - 2 * EDGE - (len(COLUMNS) - 1) * GAP) / len(COLUMNS)
    columns = [
        _column([_svg(report, chart, LIGHT) for chart in column], EDGE + n * (width + GAP), width)
        for n, column in enumerate(COLUMNS)
    ]
    high = max(end for _, end in columns) + EDGE
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{high:.0f}"'
        f' viewBox="0 0 {WIDE} {high:.0f}">'
        f'<rect width="{WIDE}" height="{high:.0f}" fill="{LIGHT.ground}"/>{_head(report)}'
        f"{''.join(inside for inside, _ in columns)}</svg>"
    )
    return as_form(svg, form)


def _svg(report: LoadReport, chart: Chart, theme: Theme) -> str:
    return as_svg(MADE[chart](report, theme))


def _head(report: LoadReport) -> str:
    many = report.totals
    said = (
        f"{counted(many.shifts, 'shift')}: {many.red} red, {many.amber} amber, {many.green} green. "
        f"{counted(many.pages, 'page')}, {many.sleep_interruptions} interruptions by night."
    )
    title = f"{cut(report.team, 50)}: pager load, {period(report)}"
    bold = f'font-size="34" font-weight="bold" fill="{LIGHT.ink}"'
    return _text(title, 62, bold) + _text(said, 96, f'font-size="21" fill="{LIGHT.soft}"')


def _text(words: str, y: int, look: str) -> str:
    return f'<text x="{EDGE + 14}" y="{y}" font-family="{FONT}" {look}>{escape(words)}</text>'


def _column(pictures: Sequence[str], x: float, width: float) -> tuple[str, float]:
    """One below the other, all smaller where they would not fit; and where they end."""
    sizes = [_size(svg) for svg in pictures]
    scale = min(
        width / max(wide for wide, _ in sizes),
        (HIGH - HEAD - EDGE) / sum(high for _, high in sizes),
    )
    found, y = [], float(HEAD)
    for svg, (wide, high) in zip(pictures, sizes, strict=True):
        opening = (
            f'<svg x="{x:.1f}" y="{y:.1f}" width="{wide * scale:.1f}" height="{high * scale:.1f}"'
            f' viewBox="0 0 {wide:g} {high:g}">'
        )
        found.append(OPENING.sub(opening, svg, count=1))
        y += high * scale
    return "".join(found), y


def _size(svg: str) -> tuple[float, float]:
    found = OPENING.search(svg)
    if found is None:
        raise ValueError("The drawing has no size.")
    return float(found[1]), float(found[2])
