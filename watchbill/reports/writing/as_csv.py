"""Reports as CSV: a table each of shifts, of alerts and of people. Times are UTC, lengths seconds, shares
fractions of one. A cell that a spreadsheet would take for a formula is made text.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oncall.api.instants import written
from oncall.compensation.exports.as_csv import safe
from watchbill.reports.core.hours import Kind
from watchbill.reports.core.report import KeyRow, Load, LoadReport, Money, PersonRow, ShiftRow

SHIFT = (
    "pages", "interruptions", "incidents", "sleep_interruptions", "incidents_per_12_hours", "budget",
    "nights", "nights_interrupted", "most_in_one_night", "undisturbed", "engaged", "answer_p50",
    "answer_p90", "missed", "timeouts", "resolved_themselves", "recurred", "flapping", "labelled",
    "not_actionable", "short_rests",
)  # fmt: skip
KEY = (
    "pages", "wakes", "share", "incidents", "resolved_themselves", "labelled", "not_actionable", "flapping",
    "engaged", "trend",
)  # fmt: skip
PERSON = tuple(name for name in Load.model_fields if name != "colour")
HOURS = {kind.value: f"{kind.value}_hours_seconds" for kind in Kind}
BY_KIND = {kind.value: f"{kind.value}_hours_interruptions" for kind in Kind}

SHIFTS = (
    "team", "schedule", "role", "user", "start", "end", "verdict", "sentence", *SHIFT, *HOURS.values(),
    *BY_KIND.values(), "cost", "begun_before", "goes_on",
)  # fmt: skip
KEYS = ("team", "service", "key", "title", *KEY, "cost")
PEOPLE = ("team", "user", "name", "share_of_28_days", "colour_of_share", *PERSON, "colour")


def shifts_csv(reports: Iterable[LoadReport]) -> str:
    return _table(SHIFTS, (_shift(report.team, row) for report in reports for row in report.shifts))


def keys_csv(reports: Iterable[LoadReport]) -> str:
    return _table(KEYS, (_key(report.team, row) for report in reports for row in report.keys))


def people_csv(reports: Iterable[LoadReport]) -> str:
    """A line for each person and number of days."""
    rows = (
        _person(report.team, row, load) for report in reports for row in report.people for load in row.loads
    )
    return _table(PEOPLE, rows)


def _shift(team: str, row: ShiftRow) -> dict[str, Any]:
    texts = {name: getattr(row, name) for name in ("schedule", "role", "user", "verdict", "sentence")}
    return {
        "team": team,
        **texts,
        "start": written(row.start),
        "end": written(row.end),
        **{name: getattr(row, name) for name in SHIFT},
        **{column: row.hours.get(kind, 0) for kind, column in HOURS.items()},
        **{column: row.interruptions_by_kind.get(kind, 0) for kind, column in BY_KIND.items()},
        "cost": _money(row.cost),
        "begun_before": _yes(row.begun_before),
        "goes_on": _yes(row.goes_on),
    }


def _key(team: str, row: KeyRow) -> dict[str, Any]:
    numbers = {name: getattr(row, name) for name in KEY} | {"flapping": _yes(row.flapping)}
    texts = {"service": row.service, "key": row.key, "title": row.title}
    return {"team": team, **texts, **numbers, "cost": _money(row.cost)}


def _person(team: str, row: PersonRow, load: Load) -> dict[str, Any]:
    numbers = {name: getattr(load, name) for name in PERSON}
    who = {"user": row.user, "name": row.name, "share_of_28_days": row.share, "colour_of_share": row.colour}
    return {"team": team, **who, **numbers, "colour": load.colour}


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(cell) for name, cell in row.items()})
    return text.getvalue()


def _cell(cell: object) -> object:
    return cell if isinstance(cell, int | float) else safe(cell)


def _money(amounts: Iterable[Money]) -> str:
    return ", ".join(f"{one.amount} {one.currency}" for one in amounts)


def _yes(value: bool) -> str:  # noqa: FBT001
    return "yes" if value else "no"
