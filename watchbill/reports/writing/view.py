"""What a mail says of a report, before it is HTML or plain text: to a team's manager, to an engineer about
their own, or to somebody about the shift they have just carried.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from watchbill.reports.charts import Chart
from watchbill.reports.core.report import KeyOfShift, KeyRow, LoadReport, PersonRow, ShiftRow
from watchbill.reports.core.thresholds import Said
from watchbill.reports.core.wording import SIGNS, counted, cut, length, moment, money, percent, period
from watchbill.reports.writing.advice import advice, advice_for_oneself

SHIFTS, KEYS, PEOPLE = 12, 8, 20
"""The rest is at the report's address."""
NAME, SENTENCE = 60, 240
ORDER: Sequence[Said] = ("red", "amber", "green")


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
        shifts = f"It carried {_shifts(report.shifts)}." if report.shifts else "It carried no shift."
        return View(
            subject=f"{team}: quiet, no pages ({when})",
            headline="Quiet: nobody was paged",
            lead=f"{team}, {when}. {shifts}",
            faults=report.faults,
        )
    pages = f"{counted(many.pages, 'page')}, {many.sleep_interruptions} by night"
    return View(
        subject=f"{team}: {_colours(report.shifts)}, {pages} ({when})",
        headline=_headline(report.shifts),
        lead=f"{team}, {when}: {counted(many.pages, 'page')}, "
        f"{counted(many.sleep_interruptions, 'interruption')} by night.",
        verdicts=[_shift(row, named=True) for row in noisy[:SHIFTS]],
        more=_more(report.shifts, noisy),
        advice=advice(report),
        keys=[_key(row) for row in report.keys[:KEYS]],
        people=[_person(row) for row in report.people[:PEOPLE]],
        facts=_facts(report),
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
        verdicts=[_shift(row, named=False) for row in rows[:SHIFTS]],
        more=_left_out(rows[SHIFTS:]),
        advice=advice_for_oneself(report),
        keys=[_key(row) for row in report.keys[:KEYS]],
        people=[_person(row) for row in report.people],
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
        verdicts=[_shift(row, named=False)],
        keys=[_key_of_shift(one) for one in row.keys[:KEYS]],
        facts=_facts_of_shift(row),
        charts=(Chart.HOURS,),
        faults=report.faults,
    )


def _shift(row: ShiftRow, *, named: bool) -> Entry:
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


def _key(row: KeyRow) -> Entry:
    said = [f"{counted(row.pages, 'page')} ({percent(row.share)})", counted(row.wakes, "wake")]
    if row.resolved_themselves:
        said.append(f"{row.resolved_themselves} of {row.incidents} resolved by themselves")
    if row.labelled:
        said.append(f"{row.not_actionable} of {row.labelled} labelled needed no action")
    if row.flapping:
        said.append("flapping")
    if row.trend is not None:
        said.append(f"{row.trend:.1f} times the four weeks before")
    if row.cost:
        said.append(f"cost {money(row.cost)}")
    return Entry(
        title=f"{cut(row.key, NAME)} of {cut(row.service, NAME)}", anchor="alerts", meta=", ".join(said)
    )


def _key_of_shift(row: KeyOfShift) -> Entry:
    said = [counted(row.pages, "page"), counted(row.incidents, "incident")]
    if row.resolved_themselves:
        said.append(f"{row.resolved_themselves} resolved by themselves")
    return Entry(title=cut(row.key, NAME), anchor="alerts", meta=", ".join(said))


def _person(row: PersonRow) -> Entry:
    loads = [
        f"{load.days} days: {counted(load.sleep_interruptions, 'wake')}, fair {load.fair:.1f}; "
        f"{counted(load.nights, 'night')}, {counted(load.weekends, 'weekend')}"
        for load in row.loads
    ]
    on_call = f"on call {percent(row.share)} of 28 days"
    return Entry(
        title=cut(row.name, NAME), anchor="people", colour=row.colour, meta=" · ".join([*loads, on_call])
    )


def _facts(report: LoadReport) -> list[tuple[str, str]]:
    many, answered = report.totals, report.response.all
    beside = f", {many.pages_beside} of them outside shifts" if many.pages_beside else ""
    severities = ", ".join(f"{cut(name, NAME)} {number}" for name, number in many.by_severity.items())
    facts = [
        ("Pages", f"{many.pages}{beside}"),
        ("Interruptions", f"{many.interruptions}, {many.sleep_interruptions} of them by night"),
        ("Incidents", f"{many.incidents} ({severities})" if severities else f"{many.incidents}"),
        ("Labelled", f"{many.labelled} of {many.incidents}, {many.not_actionable} needed no action"),
    ]
    if answered.acknowledge is not None:
        times = answered.acknowledge
        facts.append(
            ("Acknowledged", f"half within {length(times.p50)}, nine of ten within {length(times.p90)}")
        )
    if many.cost:
        facts.append(("Cost", money(many.cost)))
    return facts


def _facts_of_shift(row: ShiftRow) -> list[tuple[str, str]]:
    facts = [
        ("Budget", counted(row.budget, "page")),
        ("Nights interrupted", f"{row.nights_interrupted} of {row.nights}"),
    ]
    if row.undisturbed is not None:
        facts.append(("Longest sleep undisturbed", f"{length(row.undisturbed)}, in the shortest night"))
    if row.answer_p50 is not None and row.answer_p90 is not None:
        half, nine = length(row.answer_p50), length(row.answer_p90)
        facts.append(("You answered", f"half within {half}, nine of ten within {nine}"))
    if row.missed:
        facts.append(("Not answered in time", counted(row.missed, "page")))
    if row.cost:
        facts.append(("You are owed", money(row.cost)))
    return facts


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
    return f"{counted(len(rows), 'more shift')}: see the report." if rows else ""


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


def _sentence(text: str) -> str:
    return cut(text, SENTENCE)
