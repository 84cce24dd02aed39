"""The rows of a mail: a shift, an alert, a person, and what was counted, each in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from watchbill.reports.core.report import KeyOfShift, KeyRow, LoadReport, PersonRow, ShiftRow
from watchbill.reports.core.thresholds import Said
from watchbill.reports.core.wording import SIGNS, counted, cut, length, moment, money, percent

NAME, SENTENCE = 60, 240


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row that links to the report, at `anchor`. `colour` is None where nothing was judged."""

    title: str
    anchor: str
    colour: Said | None = None
    meta: str = ""
    said: Sequence[str] = ()

    @property
    def sign(self) -> str:
        return "" if self.colour is None else SIGNS[self.colour]


def shift_entry(row: ShiftRow, *, named: bool) -> Entry:
    place = f"{cut(row.schedule, NAME)}, {cut(row.role, NAME)}"
    ends = "still going on" if row.goes_on else moment(row.end, row.zone)
    cost = [f"cost {money(row.cost)}"] if row.cost else []
    numbers = [
        counted(row.pages, "page"),
        f"{counted(row.sleep_interruptions, 'interruption')} by night",
        *cost,
    ]
    return Entry(
        title=f"{cut(row.name, NAME)}, {place}" if named else place,
        anchor="shifts",
        colour=row.verdict,
        meta=f"{moment(row.start, row.zone)} to {ends} · {', '.join(numbers)}",
        said=[_sentence(one) for one in row.reasons],
    )


def key_entry(row: KeyRow) -> Entry:
    said = [f"{counted(row.pages, 'page')} ({percent(row.share)})", counted(row.wakes, "wake")]
    if row.resolved_themselves:
        said.append(f"{row.resolved_themselves} of {row.incidents} resolved by themselves")
    if row.labelled:
        said.append(f"{row.not_actionable} of {row.labelled} labelled needed no action")
    if row.flapping:
        said.append("flapping")
    if row.trend is not None:
        said.append(f"{row.trend:.1f} times the pages of the four weeks before")
    if row.cost:
        said.append(f"cost {money(row.cost)}")
    return Entry(
        title=f"{cut(row.key, NAME)} of {cut(row.service, NAME)}", anchor="alerts", meta=", ".join(said)
    )


def key_of_shift_entry(row: KeyOfShift) -> Entry:
    said = [counted(row.pages, "page"), counted(row.incidents, "incident")]
    if row.resolved_themselves:
        said.append(f"{row.resolved_themselves} resolved by themselves")
    return Entry(title=cut(row.key, NAME), anchor="alerts", meta=", ".join(said))


def person_entry(row: PersonRow) -> Entry:
    loads = [
        f"{load.days} days: {counted(load.sleep_interruptions, 'wake')}, fair {load.fair:.1f}; "
        f"{counted(load.nights, 'night')}, {counted(load.weekends, 'weekend')}"
        for load in row.loads
    ]
    on_call = f"on call {percent(row.share)} of 28 days"
    return Entry(
        title=cut(row.name, NAME), anchor="people", colour=row.colour, meta=" · ".join([*loads, on_call])
    )


def facts(report: LoadReport) -> list[tuple[str, str]]:
    many, answered = report.totals, report.response.all
    beside = f", {many.pages_beside} of them outside shifts" if many.pages_beside else ""
    severities = ", ".join(f"{cut(name, NAME)} {number}" for name, number in many.by_severity.items())
    found = [
        ("Pages", f"{many.pages}{beside}"),
        ("Interruptions", f"{many.interruptions}, {many.sleep_interruptions} of them by night"),
        ("Incidents", f"{many.incidents} ({severities})" if severities else f"{many.incidents}"),
        ("Labelled", f"{many.labelled} of {many.incidents}, {many.not_actionable} needed no action"),
    ]
    if answered.acknowledge is not None:
        times = answered.acknowledge
        found.append(
            ("Acknowledged", f"half within {length(times.p50)}, nine of ten within {length(times.p90)}")
        )
    if many.cost:
        found.append(("Cost", money(many.cost)))
    return found


def facts_of_shift(row: ShiftRow) -> list[tuple[str, str]]:
    found = [
        ("Budget", counted(row.budget, "page")),
        ("Nights interrupted", f"{row.nights_interrupted} of {row.nights}"),
    ]
    if row.undisturbed is not None:
        found.append(("Longest sleep undisturbed", f"{length(row.undisturbed)}, in the shortest night"))
    if row.answer_p50 is not None and row.answer_p90 is not None:
        half, nine = length(row.answer_p50), length(row.answer_p90)
        found.append(("You answered", f"half within {half}, nine of ten within {nine}"))
    if row.missed:
        found.append(("Not answered in time", counted(row.missed, "page")))
    if row.cost:
        found.append(("You are owed", money(row.cost)))
    return found


def _sentence(text: str) -> str:
    return cut(text, SENTENCE)
