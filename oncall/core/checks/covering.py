"""Whether a page reaches somebody: gaps, people without a usable contact method, time off."""

from collections import defaultdict
from collections.abc import Iterator

from oncall.core.checks.case import SOON, Case
from oncall.core.coverage import uncovered
from oncall.core.final import Shift
from oncall.core.finding import Finding, Kind
from oncall.core.span import Span, intersection, subtraction, union

ENTER_ONE = "Enter one, or give the shift to someone else."


def gaps(case: Case) -> Iterator[Finding]:
    """Nobody is on call. It is an error where the primary is missing within a day."""
    for gap in uncovered(case.ahead()):
        words = f"{case.schedule} {gap.role}: nobody is on call {case.span(gap.start, gap.end)}."
        soon = gap.start - case.now < SOON and gap.role == "primary"
        say = case.error if soon else case.warning
        mend = "Add an override, or change the rotation."
        yield say(Kind.GAP, words, mend, role=gap.role, start=gap.start, end=gap.end, grade=soon)


def unreachable(case: Case) -> Iterator[Finding]:
    """Somebody is on call whom no page reaches."""
    for shift in case.ahead():
        person = case.people.get(shift.user or 0)
        if person is not None and not person.reachable:
            words = (
                f"{person.name} is on call for {case.schedule} from {case.spoken(shift.start)}"
                " and has no usable contact method."
            )
            more = {"role": shift.role, "users": (person.username,), "start": shift.start, "end": shift.end}
            yield case.error(Kind.UNREACHABLE, words, ENTER_ONE, **more)


def nobody_reachable(case: Case) -> Iterator[Finding]:
    """Several are on call in a role, and none of them can be reached. Of one alone `unreachable` speaks."""
    by_role: defaultdict[str, list[Shift]] = defaultdict(list)
    for shift in case.ahead():
        if shift.user is not None:
            by_role[shift.role].append(shift)
    for role, shifts in by_role.items():
        silent = [shift for shift in shifts if not case.people[shift.user or 0].reachable]
        heard = union(Span(shift.start, shift.end) for shift in shifts if shift not in silent)
        for start, end in subtraction(_several(silent), heard):
            words = f"Nobody on call for {case.schedule} {role} can be reached {case.span(start, end)}."
            mend = "Enter a contact method for one of them, or add someone who can be reached."
            yield case.error(Kind.NOBODY_REACHABLE, words, mend, role=role, start=start, end=end)


def away(case: Case) -> Iterator[Finding]:
    """A shift falls on the person's time off."""
    by_user: defaultdict[int, list[Span]] = defaultdict(list)
    for absence in case.away:
        by_user[absence.user].append(Span(absence.start, absence.end))
    for shift in case.ahead() if by_user else ():
        for start, end in intersection(
            [Span(shift.start, shift.end)], union(by_user.get(shift.user or 0, ()))
        ):
            person = case.people[shift.user or 0]
            words = (
                f"{person.name} is on call for {case.schedule} {shift.role} {case.span(start, end)},"
                " and is away then."
            )
            more = {"role": shift.role, "users": (person.username,), "start": start, "end": end}
            mend = "Ask for a swap, or add an override."
            yield case.warning(Kind.AWAY, words, mend, **more)


def _several(shifts: list[Shift]) -> list[Span]:
    """The time in which two or more of them are on."""
    spans = [
        Span(max(one.start, other.start), min(one.end, other.end))
        for n, one in enumerate(shifts)
        for other in shifts[n + 1 :]
        if one.user != other.user and other.start < one.end
    ]
    return union(spans)
