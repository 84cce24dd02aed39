"""What to do about a noisy time: a few sentences, each with the numbers it follows from."""

from collections.abc import Iterator

from watchbill.reports.core.report import KeyRow, LoadReport, PersonRow, ShiftRow
from watchbill.reports.core.wording import counted, cut

ALERTS, PEOPLE = 3, 2
"""As many are named; who is told ten things does none."""
LONGEST = 60


def advice(report: LoadReport) -> list[str]:
    """For a team: its alerts that paged most first, then who was woken more than their share, then the
    budget.
    """
    return [*_alerts(report.keys), *_people(report.people), *_budget(report)]


def advice_for_oneself(report: LoadReport) -> list[str]:
    """For whoever sees their own rows: what they can propose."""
    return list(_alerts(report.keys))


def advice_after(report: LoadReport, row: ShiftRow) -> list[str]:
    """For whoever has just carried the shift: its alerts, as they were for the team in its time, and labels
    that are missing.
    """
    mine = {one.key for one in row.keys}
    return [*_alerts([one for one in report.keys if one.key in mine]), *_labels(row)]


def _labels(row: ShiftRow) -> Iterator[str]:
    if row.labelled < row.incidents:
        yield (
            f"{row.labelled} of {counted(row.incidents, 'incident')} {'is' if row.labelled == 1 else 'are'} "
            "labelled. Say of the others whether they needed you: on their pages, with one tap."
        )


def _alerts(rows: list[KeyRow]) -> Iterator[str]:
    told = ((row, _about(row)) for row in rows if row.pages > 1)
    for row, said in [(row, said) for row, said in told if said][:ALERTS]:
        yield f"{cut(row.key, LONGEST)} of {cut(row.service, LONGEST)}: {said}"


def _about(row: KeyRow) -> str:
    if 2 * row.resolved_themselves > row.incidents:
        return (
            f"{row.resolved_themselves} of {counted(row.incidents, 'incident')} resolved by themselves. "
            "Let it wait longer before it pages."
        )
    if 2 * row.not_actionable > row.labelled:
        return (
            f"{row.not_actionable} of {row.labelled} labelled needed no action. "
            "Lower its urgency, put it on trial, or delete it."
        )
    if row.flapping:
        return "it comes and goes. Give it a threshold to leave by, or let it wait longer."
    if row.wakes:
        return f"{counted(row.wakes, 'wake')}. Ask whether it must wake anybody, and mend what it is about."
    return ""


def _people(rows: list[PersonRow]) -> Iterator[str]:
    """Of the longest time that is over what is fair, by each person's own verdict."""
    found = [
        (row, load)
        for row in rows
        for load in sorted(row.loads, key=lambda one: -one.days)[:1]
        if load.colour != "green" and load.over_fair is not None and load.over_fair > 1
    ]
    for row, load in found[:PEOPLE]:
        yield (
            f"{cut(row.name, LONGEST)} was woken {counted(load.sleep_interruptions, 'time')} "
            f"in {load.days} days, where {load.fair:.1f} would be a fair share. "
            "Give the next nights to somebody else."
        )


def _budget(report: LoadReport) -> Iterator[str]:
    found = report.trend
    if found.colour != "green":
        yield (
            f"{found.over_budget} of {counted(found.shifts, 'shift')} in 90 days were over the budget of "
            f"{counted(report.budget, 'page')}. Mend what pages before you build what is new."
        )
