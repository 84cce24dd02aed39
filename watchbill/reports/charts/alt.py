"""What a chart shows, said: for whoever hears it, and where pictures are not shown."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from watchbill.reports.charts import hours, rows, trend
from watchbill.reports.core.report import LoadReport
from watchbill.reports.core.wording import SIGNS, cut


class Chart(StrEnum):
    """Each answers one question."""

    SHIFTS = "shifts"
    TREND = "trend"
    KEYS = "keys"
    HOURS = "hours"
    PEOPLE = "people"


def alt(report: LoadReport, chart: Chart) -> str:
    """A sentence, and the numbers behind it."""
    return SAID[chart](report)


def shows(report: LoadReport, chart: Chart) -> bool:
    """Whether there is anything in it; else it says that there is not."""
    return SHOWS[chart](report)


def _shifts(report: LoadReport) -> str:
    if not shows(report, Chart.SHIFTS):
        return f"{rows.SHIFTS_QUESTION} {rows.NO_PAGES}"
    said = [f"{rows.shift_label(row)}: {_plain(rows.shift_note(row))}" for row in rows.worst_shifts(report)]
    return f"{rows.shifts_title(report)}, for a budget of {report.budget}. {_listed(said)}"


def _keys(report: LoadReport) -> str:
    if not shows(report, Chart.KEYS):
        return f"{rows.KEYS_QUESTION} {rows.NO_PAGES}"
    said = [f"{rows.key_label(row)}: {rows.key_note(row)}" for row in report.keys[: rows.KEYS]]
    return f"{rows.keys_title(report)}. {_listed(said)}"


def _people(report: LoadReport) -> str:
    found = rows.loads(report)
    if not shows(report, Chart.PEOPLE):
        return f"{rows.PEOPLE_QUESTION} Nobody was woken in this time."
    said = [f"{cut(row.name, rows.LONGEST)}: {_plain(rows.person_note(load))}" for row, load in found]
    return f"{rows.PEOPLE_QUESTION} In {found[0][1].days} days, {_listed(said)}"


def _trend(report: LoadReport) -> str:
    days = report.trend.days
    if not shows(report, Chart.TREND):
        return f"{trend.title(report)}. No incidents in this time."
    first, last = days[0], days[-1]
    said = f"Incidents a day, averaged over 21 days, went from {first.average:.1f} to {last.average:.1f}"
    marked = [trend.marker_text(n, one, report.zone) for n, one in enumerate(trend.markers(report), 1)]
    return f"{trend.title(report)}. {_listed([said, *marked])}"


def _hours(report: LoadReport) -> str:
    found = hours.by_hour(report)
    if not shows(report, Chart.HOURS):
        return f"{hours.QUESTION} {rows.NO_PAGES}"
    most = sorted(found.items(), key=lambda one: (-one[1], one[0]))[:3]
    said = [f"{hours.WEEK[weekday]} {hour:02}:00: {many}" for (weekday, hour), many in most]
    return f"{hours.title(report)}. Most: {_listed(said)}"


def _plain(note: str) -> str:
    """Without the sign, which a voice would read out."""
    return re.sub(f" [{''.join(SIGNS.values())}] ", ", ", note)


def _listed(said: list[str]) -> str:
    return f"{'; '.join(said)}."


SAID: Mapping[Chart, Callable[[LoadReport], str]] = {
    Chart.SHIFTS: _shifts,
    Chart.TREND: _trend,
    Chart.KEYS: _keys,
    Chart.HOURS: _hours,
    Chart.PEOPLE: _people,
}
SHOWS: Mapping[Chart, Callable[[LoadReport], bool]] = {
    Chart.SHIFTS: lambda report: any(row.pages for row in report.shifts),
    Chart.TREND: lambda report: any(one.incidents or one.average for one in report.trend.days),
    Chart.KEYS: lambda report: bool(report.keys),
    Chart.HOURS: lambda report: any(page.counted for page in report.pages),
    Chart.PEOPLE: lambda report: any(load.sleep_interruptions for _, load in rows.loads(report)),
}
