"""Whether people can keep it up: two roles at once, long shifts, shifts in a row, rest, their share."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from oncall.core.checks.case import AHEAD, NO_LOAD, Case, Duty
from oncall.core.checks.load import REST
from oncall.core.coverage import NEVER_PAGED
from oncall.core.finding import Finding, Kind
from oncall.core.span import Span, intersection, union
from oncall.core.walltime import wall_time

LONGEST = timedelta(weeks=2)
MUCH, TOO_MUCH = 0.25, 0.33
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def doubles(case: Case) -> Iterator[Finding]:
    """One person is primary and secondary at once: nobody is behind them."""
    held: defaultdict[tuple[str, int], list[Span]] = defaultdict(list)
    for shift in case.ahead():
        if shift.user is not None:
            held[shift.role, shift.user].append(Span(shift.start, shift.end))
    for (role, user), spans in held.items():
        seconds = held.get(("secondary", user), ()) if role == "primary" else ()
        for start, end in intersection(union(spans), union(seconds)):
            person = case.people[user]
            words = (
                f"{person.name} is primary and secondary of {case.schedule} at once from"
                f" {case.spoken(start)} to {case.spoken(end)}."
            )
            more = {"users": (person.username,), "start": start, "end": end}
            yield case.warning(Kind.DOUBLE, words, "Give one of the two to someone else.", **more)


def long_shifts(case: Case) -> Iterator[Finding]:
    """More than two weeks without a break, by the wall clock."""
    for (role, user), stretches in _stretches(case).items():
        for start, end in stretches:
            if _is_long(case, Span(start, end)) and end > case.now and start < case.now + AHEAD:
                person = case.people[user]
                words = f"{person.name} carries {case.schedule} {role} for more than two weeks at a stretch."
                more = {"role": role, "users": (person.username,), "start": start, "end": end}
                yield case.warning(Kind.LONG, words, "Shorten the turns, or share them.", **more)


def back_to_back(case: Case) -> Iterator[Finding]:
    """Two shifts with less than 11 h between them; a stretch over two weeks is said to be long instead."""
    long = [
        (user, role, span)
        for (role, user), spans in _stretches(case).items()
        for span in spans
        if _is_long(case, span)
    ]
    for user, person in case.people.items():
        for before, after in case.loads.get(user, NO_LOAD).close.get(case.schedule, ()):
            if any(
                one[:2] == (user, after.role) and one[2].start <= after.start < one[2].end for one in long
            ):
                continue
            gap = _rest_in_words(after.start - before.end)
            words = (
                f"{person.name} has {_called(before)} until {case.spoken(before.end)}"
                f" and {_called(after)} from {case.spoken(after.start)}, {gap}."
            )
            more = {"role": after.role, "users": (person.username,), "start": after.start, "end": after.end}
            yield case.warning(Kind.BACK_TO_BACK, words, "Give one of the two to someone else.", **more)


def _rest_in_words(rest: timedelta) -> str:
    hours, minutes = divmod(rest // MINUTE, 60)
    if not hours and not minutes:
        return "without any rest"
    said = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return f"with only {' '.join(said)} of rest"


def rest(case: Case) -> Iterator[Finding]:
    """Woken last night, and on again before 11 h have passed."""
    for user, person in case.people.items():
        load = case.loads.get(user, NO_LOAD)
        for duty in load.tired:
            if duty.schedule == case.schedule and load.called_until is not None:
                words = (
                    f"{person.name} was called out until {case.spoken(load.called_until)} and is on call for"
                    f" {_called(duty)} from {case.spoken(duty.start)}, before {REST // HOUR} h of rest."
                )
                more = {"role": duty.role, "users": (person.username,), "start": duty.start, "end": duty.end}
                mend = f"Give it to someone else until {case.spoken(load.called_until + REST)}."
                yield case.warning(Kind.REST, words, mend, **more)


def shares(case: Case) -> Iterator[Finding]:
    """On call for more of the next 28 days than anybody can keep up; all their schedules together."""
    carrying = {shift.user for shift in case.ahead() if shift.user is not None}
    loads = {user: case.loads.get(user, NO_LOAD).share for user in carrying}
    for user, share in sorted(loads.items(), key=lambda one: (-one[1], one[0])):
        if share > MUCH:
            person = case.people[user]
            too_much = share > TOO_MUCH
            strong = "over a third: that wears people out" if too_much else "over a quarter"
            words = (
                f"{person.name} is on call for {share:.0%} of the next {AHEAD.days} days"
                f" ({case.schedule}), {strong}."
            )
            more = {"users": (person.username,), "grade": 2 if too_much else 1}
            yield case.warning(Kind.SHARE, words, "Add people to the rotation.", **more)


def _is_long(case: Case, span: Span) -> bool:
    return wall_time(span.end, case.zone) - wall_time(span.start, case.zone) > LONGEST


def _stretches(case: Case) -> dict[tuple[str, int], list[Span]]:
    """What each person carries in each role, over handoffs, as far as is looked at."""
    held: defaultdict[tuple[str, int], list[Span]] = defaultdict(list)
    for shift in case.shifts:
        if shift.user is not None and shift.role not in NEVER_PAGED:
            held[shift.role, shift.user].append(Span(shift.start, shift.end))
    return {whose: union(spans) for whose, spans in held.items()}


def _called(duty: Duty) -> str:
    return f"{duty.schedule} {duty.role}"
