"""What a mail says of a report, before it is HTML or plain text: to a team's manager, to an engineer about
their own, or to somebody about the shift they have just carried.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchbill.reports.charts import Chart
from watchbill.reports.core.report import LoadReport, ShiftRow
from watchbill.reports.core.thresholds import Said
from watchbill.reports.core.wording import counted, cut, moment, period
from watchbill.reports.writing.advice import advice, advice_after, advice_for_oneself
from watchbill.reports.writing.entries import (
    NAME,
    Entry,
    facts,
    facts_of_shift,
    key_entry,
    key_of_shift_entry,
    person_entry,
    shift_entry,
)

SHIFTS, KEYS, PEOPLE = 6, 8, 20
"""The rest is at the report's address."""
ORDER: Sequence[Said] = ("red", "amber", "green")


@dataclass(frozen=True, kw_only=True)
class View:
    """`more` says what was left out of the rows above it."""

    subject: str
    headline: str
    lead: str
    verdicts: Sequence[Entry] = ()
    more: str = ""
    advice: Sequence[str] = ()
    keys: Sequence[Entry] = ()
    people: Sequence[Entry] = ()
    people_are: str = "People"
    facts: Sequence[tuple[str, str]] = ()
    charts: Sequence[Chart] = ()
    faults: Sequence[str] = field(default=())


def view_of(report: LoadReport, *, reader_id: int) -> View:
    if _is_one_shift(report, reader_id):
        return _one_shift(report, report.shifts[0])
    return _own(report) if _is_own(report, reader_id) else _team(report)


def _is_one_shift(report: LoadReport, reader_id: int) -> bool:
    """It is of the time of a shift, and of no other."""
    return any(
        len(report.shifts) == 1
        and row.user_id == reader_id
        and (row.start, row.end) == (report.since, report.until)
        for row in report.shifts
    )


def _is_own(report: LoadReport, reader_id: int) -> bool:
    """There are shifts that are not shown, and of those shown all are the reader's."""
    shown = {
        *(row.user_id for row in report.shifts),
        *(row.user_id for row in report.people),
        *(page.user_id for page in report.pages),
    }
    return shown <= {reader_id} and len(report.shifts) < report.totals.shifts


def _team(report: LoadReport) -> View:
    many = report.totals
    team, when = cut(report.team, NAME), period(report)
    noisy = [row for colour in ("red", "amber") for row in report.shifts if row.verdict == colour]
    if not many.pages and not noisy:
        shifts = _shifts(report.shifts) if report.shifts else "no shift"
        return View(
            subject=f"{team}: quiet, no pages ({when})",
            headline="Quiet: nobody was paged",
            lead=f"{team}, {when}: {shifts}.",
            faults=report.faults,
        )
    pages = f"{counted(many.pages, 'page')}, {many.sleep_interruptions} by night"
    return View(
        subject=f"{team}: {_colours(report.shifts)}, {pages} ({when})",
        headline=_headline(report.shifts),
        lead=f"{team}, {when}: {counted(many.pages, 'page')}, "
        f"{counted(many.sleep_interruptions, 'interruption')} by night.",
        verdicts=[shift_entry(row, named=True) for row in noisy[:SHIFTS]],
        more=_more(report.shifts, noisy),
        advice=advice(report),
        keys=[key_entry(row) for row in report.keys[:KEYS]],
        people=[person_entry(row) for row in report.people[:PEOPLE]],
        facts=facts(report),
        charts=(Chart.SHIFTS, Chart.KEYS, Chart.PEOPLE, Chart.TREND),
        faults=report.faults,
    )


def _own(report: LoadReport) -> View:
    team, when = cut(report.team, NAME), period(report)
    rows = sorted(report.shifts, key=lambda row: ORDER.index(row.verdict))
    paged = bool(report.pages) or any(row.pages or row.verdict != "green" for row in rows)
    if not paged:
        carried = f"You carried {_shifts(rows)}." if rows else "You carried no shift."
        return View(
            subject=f"{team}: quiet, nothing paged you ({when})",
            headline="Quiet: nothing paged you",
            lead=f"{team}, {when}. {carried} {_of_team(report)}",
            faults=report.faults,
        )
    if len(rows) == 1:
        subject, headline = f"your shift was {rows[0].verdict}, {_pages(rows[0])}", _was(rows[0])
    elif rows:
        subject, headline = f"of yours {_colours(rows)}", f"Of yours: {_colours(rows)}"
    else:
        subject, headline = "paged outside your shifts", "Paged outside your shifts"
    return View(
        subject=f"{team}: {subject} ({when})",
        headline=headline,
        lead=f"{team}, {when}. {_of_team(report)}",
        verdicts=[shift_entry(row, named=False) for row in rows[:SHIFTS]],
        more=_left_out(rows[SHIFTS:]),
        advice=advice_for_oneself(report),
        keys=[key_entry(row) for row in report.keys[:KEYS]],
        people=[person_entry(row) for row in report.people],
        people_are="You",
        charts=(Chart.HOURS, Chart.PEOPLE, Chart.TREND),
        faults=report.faults,
    )


def _one_shift(report: LoadReport, row: ShiftRow) -> View:
    team = cut(report.team, NAME)
    return View(
        subject=f"Your shift at {team}: {row.verdict}, {_pages(row)} ({period(report)})",
        headline=_was(row),
        lead=f"{team}, {cut(row.schedule, NAME)}, {cut(row.role, NAME)}: "
        f"{moment(row.start, row.zone)} to {moment(row.end, row.zone)}.",
        verdicts=[shift_entry(row, named=False)],
        advice=advice_after(report, row),
        keys=[key_of_shift_entry(one) for one in row.keys[:KEYS]],
        facts=facts_of_shift(row),
        charts=(Chart.HOURS,),
        faults=report.faults,
    )


def _colours(rows: Sequence[ShiftRow]) -> str:
    """“1 red shift of 4”: the worst colour there is."""
    many = Counter(row.verdict for row in rows)
    if not rows:
        return "no shift"
    worst = next(colour for colour in ORDER if many[colour])
    if worst == "green":
        return "the shift was green" if len(rows) == 1 else f"all {len(rows)} shifts green"
    return f"{counted(many[worst], f'{worst} shift')} of {len(rows)}"


def _headline(rows: Sequence[ShiftRow]) -> str:
    said = _colours(rows)
    return said[:1].upper() + said[1:]


def _shifts(rows: Sequence[ShiftRow]) -> str:
    return "one shift, green" if len(rows) == 1 else f"{len(rows)} shifts, all green"


def _more(rows: Sequence[ShiftRow], noisy: Sequence[ShiftRow]) -> str:
    """Of a team: noisy shifts that were too many to list, and the green ones."""
    green = len(rows) - len(noisy)
    said = [_left_out(noisy[SHIFTS:])] if len(noisy) > SHIFTS else []
    if green:
        said.append("The other shift was green." if green == 1 else f"The other {green} shifts were green.")
    return " ".join(said)


def _left_out(rows: Sequence[ShiftRow]) -> str:
    if not rows:
        return ""
    colours = " and ".join(dict.fromkeys(row.verdict for row in rows))
    return f"{counted(len(rows), 'more shift')} ({colours}): see the report."


def _was(row: ShiftRow) -> str:
    return f"Your shift was {row.verdict}"


def _pages(row: ShiftRow) -> str:
    return f"{counted(row.pages, 'page')}, {row.sleep_interruptions} by night"


def _of_team(report: LoadReport) -> str:
    many = report.totals
    return (
        f"The team: {counted(many.shifts, 'shift')}, {many.red} red and {many.amber} amber; "
        f"{counted(many.pages, 'page')}, {counted(many.sleep_interruptions, 'interruption')} by night."
    )
