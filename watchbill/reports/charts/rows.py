"""The charts that are rows of bars: shifts, alerts, people."""

from collections import Counter
from collections.abc import Sequence

from watchbill.reports.charts.bars import Bar, bars
from watchbill.reports.charts.theme import Spec, Theme, empty
from watchbill.reports.core.report import KeyRow, Load, LoadReport, PersonRow, ShiftRow
from watchbill.reports.core.wording import counted, cut, day, signed

SHIFTS, KEYS, PEOPLE = 14, 8, 10
"""As many are drawn; a picture of more is read by nobody."""
LONGEST = 60
WORST = {"red": 0, "amber": 1, "green": 2}
SHIFTS_QUESTION = "Which shifts were noisy?"
KEYS_QUESTION = "Which alerts paged most?"
PEOPLE_QUESTION = "Who was woken more than their share?"
NO_PAGES = "No pages in this time."


def shifts(report: LoadReport, theme: Theme) -> Spec:
    shown = worst_shifts(report)
    if not any(row.pages for row in report.shifts):
        said = f"{_all_of(report)}, and no pages in this time." if report.shifts else "No shift in this time."
        return empty(theme, SHIFTS_QUESTION, said)
    few = (
        "" if len(shown) == len(report.shifts) else f" Shown: the {len(shown)} worst of {len(report.shifts)}."
    )
    rows = [
        Bar(
            label=shift_label(row),
            note=shift_note(row),
            value=row.pages,
            colour=theme.verdict[row.verdict],
            mark=report.budget,
        )
        for row in shown
    ]
    said = f"Pages of each shift. Stroke: the budget of {report.budget}.{few}"
    return bars(theme, shifts_title(report), [said], rows)


def keys(report: LoadReport, theme: Theme) -> Spec:
    if not report.keys:
        return empty(theme, KEYS_QUESTION, NO_PAGES)
    rows = [
        Bar(label=key_label(row), note=key_note(row), value=row.pages, colour=theme.bar, inner=row.wakes)
        for row in report.keys[:KEYS]
    ]
    few = f" Shown: {KEYS} of {len(report.keys)} alerts." if len(report.keys) > KEYS else ""
    said = f"Wide bar: pages. Narrow bar: wakes, which are interruptions between 22 and 8.{few}"
    return bars(theme, keys_title(report), [said], rows, inner=theme.night)


def people(report: LoadReport, theme: Theme) -> Spec:
    shown = loads(report)
    if not any(load.sleep_interruptions for _, load in shown):
        return empty(theme, PEOPLE_QUESTION, "Nobody was woken in this time.")
    rows = [
        Bar(
            label=cut(row.name, LONGEST), note=person_note(load), value=load.sleep_interruptions,
            colour=theme.verdict[load.colour], mark=load.fair,
        )
        for row, load in shown
    ]  # fmt: skip
    few = f" Shown: {len(shown)} of {len(report.people)} people." if len(shown) < len(report.people) else ""
    days = shown[0][1].days
    said = f"Bar: wakes in {days} days. Stroke: a fair share of all, by hours carried at night.{few}"
    return bars(theme, PEOPLE_QUESTION, [said], rows)


def worst_shifts(report: LoadReport) -> Sequence[ShiftRow]:
    """By time; where there are too many, the worst of them."""
    rows = report.shifts
    if len(rows) <= SHIFTS:
        return rows
    order = sorted(range(len(rows)), key=lambda n: (WORST[rows[n].verdict], -rows[n].pages, n))
    return [rows[n] for n in sorted(order[:SHIFTS])]


def loads(report: LoadReport) -> Sequence[tuple[PersonRow, Load]]:
    """Whoever was woken most first, with what they carried over the longest time."""
    found = [(row, max(row.loads, key=lambda load: load.days)) for row in report.people if row.loads]
    found.sort(key=lambda one: (-one[1].sleep_interruptions, one[0].name))
    return found[:PEOPLE]


def shift_label(row: ShiftRow) -> str:
    return cut(f"{cut(row.name, 28)}, {day(row.start, row.zone)}, {row.role}", LONGEST)


def shift_note(row: ShiftRow) -> str:
    wakes = f", {counted(row.sleep_interruptions, 'wake')}" if row.sleep_interruptions else ""
    return f"{counted(row.pages, 'page')}{wakes} {signed(row.verdict)}"


def key_label(row: KeyRow) -> str:
    return cut(f"{cut(row.key, 42)} · {row.service}", LONGEST)


def key_note(row: KeyRow) -> str:
    wakes = f", {counted(row.wakes, 'wake')}" if row.wakes else ""
    return f"{counted(row.pages, 'page')}{wakes}"


def person_note(load: Load) -> str:
    return f"{counted(load.sleep_interruptions, 'wake')}, fair {load.fair:.1f} {signed(load.colour)}"


def shifts_title(report: LoadReport) -> str:
    many = Counter(row.verdict for row in report.shifts)
    if len(report.shifts) == 1:
        return f"The shift was {report.shifts[0].verdict}"
    said = " and ".join(f"{many[one]} {one}" for one in ("red", "amber") if many[one])
    return f"{said or 'None red'} of {len(report.shifts)} shifts"


def keys_title(report: LoadReport) -> str:
    worst = report.keys[0]
    return f"{worst.pages} of {counted(report.totals.pages, 'page')} came from {cut(worst.key, LONGEST)}"


def _all_of(report: LoadReport) -> str:
    return counted(len(report.shifts), "shift")
