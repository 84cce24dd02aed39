"""Whether a page reaches somebody: gaps, people without a usable contact method, time off."""

from collections import defaultdict
from collections.abc import Iterator

from oncall.core.checks.case import SOON, Case
from oncall.core.conflicts import Carried, conflicts
from oncall.core.coverage import uncovered
from oncall.core.final import Shift
from oncall.core.finding import Finding, Kind
from oncall.core.span import Span, subtraction, union

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
    carried = [Carried(case.id, shift) for shift in case.ahead()] if case.away else []
    for one in conflicts(carried, case.away):
        person, role, (start, end) = case.people[one.away.user], one.shift.role, one.span
        when = case.span(start, end)
        words = f"{person.name} is on call for {case.schedule} {role} {when}, and is away then."
        more = {"role": role, "users": (person.username,), "start": start, "end": end}
        yield case.warning(Kind.AWAY, words, "Ask for a swap, or add an override.", **more)


def _several(shifts: list[Shift]) -> list[Span]:
    """The time in which two or more of them are on."""
    spans = [
        Span(max(one.start, other.start), min(one.end, other.end))
        for n, one in enumerate(shifts)
        for other in shifts[n + 1 :]
        if one.user != other.user and other.start < one.end
    ]
    return union(spans)
