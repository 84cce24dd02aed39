"""A report as plain text, for a terminal: what to look at first, then every number of it that has a name."""

import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console, Group
from rich.table import Table

from watchbill.reports.core.report import LoadReport, ShiftRow

WIDE = 200  # columns, where nobody looks at a terminal
ORDER = {"red": 0, "amber": 1, "green": 2}
ALERTS = 10
NO_TEAM = "Schedules of no team"


def as_text(report: LoadReport, *, width: int | None = WIDE) -> str:
    """`width` None: as the terminal has it. Times are by the team's clock."""
    console = Console(file=io.StringIO(), width=width, markup=False, emoji=False, highlight=False)
    console.print(Group(*_parts(report)))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def _parts(report: LoadReport) -> Iterator[str | Table]:
    yield from _head(report)
    if report.shifts:
        yield _shifts(report)
    if report.keys:
        yield _alerts(report)
    if report.people:
        yield _people(report)
    for fault in report.faults:
        yield f"Note: {fault}"


def _head(report: LoadReport) -> Iterator[str]:
    zone, totals = ZoneInfo(report.zone), report.totals
    span = f"{_local(report.since, zone)} to {_local(report.until, zone)}"
    yield f"{report.team or NO_TEAM}, {span}, times in {zone.key}"
    colours = ", ".join(
        f"{number} {name}"
        for name, number in (("red", totals.red), ("amber", totals.amber), ("green", totals.green))
    )
    yield f"{_many(totals.shifts, 'shift')}: {colours}."
    yield (
        f"{_many(totals.pages, 'page')} about {_many(totals.incidents, 'incident')}, "
        f"{_many(totals.interruptions, 'interruption')}, "
        f"{totals.sleep_interruptions} of them in sleep hours; "
        f"{totals.labelled} labelled, {totals.not_actionable} not actionable."
    )
    trend = report.trend
    yield (
        f"{trend.over_budget} of {_many(trend.shifts, 'shift')} in 90 days over the budget of "
        f"{_many(report.budget, 'page')} ({_percent(trend.share_over)})."
    )
    yield ""


def _shifts(report: LoadReport) -> Table:
    zone = ZoneInfo(report.zone)
    table = _table("from", "until", "schedule", "role", "who")
    for head in ("pages", "interruptions", "in sleep", "incidents"):
        table.add_column(head, justify="right")
    table.add_column("verdict", overflow="fold", ratio=1)
    for row in sorted(report.shifts, key=lambda row: (ORDER[row.verdict], row.start, row.schedule, row.role)):
        table.add_row(
            ("before " if row.begun_before else "") + _local(row.start, zone),
            _local(row.end, zone) + (" and on" if row.goes_on else ""),
            row.schedule,
            row.role,
            row.user,
            *_numbers(row),
            row.sentence,
        )
    return table


def _numbers(row: ShiftRow) -> list[str]:
    return [str(one) for one in (row.pages, row.interruptions, row.sleep_interruptions, row.incidents)]


def _alerts(report: LoadReport) -> Table:
    table = _table("alert", "service")
    heads = (
        "pages",
        "share",
        "in sleep",
        "incidents",
        "by themselves",
        "labelled",
        "not actionable",
        "engaged",
    )
    for head in heads:
        table.add_column(head, justify="right")
    for row in report.keys[:ALERTS]:
        numbers = (row.incidents, row.resolved_themselves, row.labelled, row.not_actionable)
        table.add_row(
            row.key,
            row.service,
            str(row.pages),
            _percent(row.share),
            str(row.wakes),
            *map(str, numbers),
            _length(row.engaged),
        )
    if len(report.keys) > ALERTS:
        table.caption = f"and {_many(len(report.keys) - ALERTS, 'alert')} more"
        table.caption_justify = "left"
    return table


def _people(report: LoadReport) -> Table:
    table = _table("who")
    for head in ("days", "carried", "nights", "weekends", "pages", "in sleep", "fair part", "short rests"):
        table.add_column(head, justify="right")
    table.add_column("")
    for row in report.people:
        for n, load in enumerate(row.loads):
            numbers = (load.nights, load.weekends, load.pages, load.sleep_interruptions)
            table.add_row(
                "" if n else row.user,
                str(load.days),
                _length(load.carried),
                *map(str, numbers),
                f"{load.fair:.1f}",
                str(load.short_rests),
                load.colour,
            )
    return table


def _table(*words: str) -> Table:
    table = Table()
    for head in words:
        table.add_column(head, overflow="fold")
    return table


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _length(seconds: int) -> str:
    """Hours and minutes: 27 h 05 min."""
    hours, minutes = divmod(timedelta(seconds=seconds) // timedelta(minutes=1), 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
