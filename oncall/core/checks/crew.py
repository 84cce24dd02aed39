"""Who stands in a schedule: enough people, all of them still here, all of them in its team."""

from collections.abc import Iterator

from oncall.core.checks.case import AHEAD, Case
from oncall.core.coverage import NEVER_PAGED
from oncall.core.definition import Definition, Role
from oncall.core.final import Version
from oncall.core.finding import Finding, Kind

FEWEST, ENOUGH = 2, 5


def few_people(case: Case) -> Iterator[Finding]:
    """Fewer than two active people is an error, fewer than five a warning. What begins soon counts too."""
    counted = [(len(_active(case, version.definition)), version) for version in _versions(case)]
    if not counted:
        return
    number, version = min(counted, key=lambda one: one[0])
    from_then = version.effective_from > case.now
    when = f"From {case.spoken(version.effective_from)} on {case.schedule}" if from_then else case.schedule
    carried = f"{when} is carried by {number} {'person' if number == 1 else 'people'}"
    grade = ENOUGH - number
    if number < FEWEST:
        words = f"{carried}: nobody can ever be away."
        yield case.error(Kind.FEW, words, "Add people.", grade=grade)
    elif number < ENOUGH:
        yield case.warning(
            Kind.FEW, f"{carried}; under {ENOUGH} it wears them out.", "Add people.", grade=grade
        )


def leavers(case: Case) -> Iterator[Finding]:
    """Somebody who has left stands in the rotation: those turns are nobody's."""
    for user in _named(case):
        person = case.people[user]
        if not person.active:
            words = f"{person.name} has left and still stands in {case.schedule}: those turns are nobody's."
            mend = "Take them out of the rotation, or put someone in their place."
            yield case.error(Kind.LEFT, words, mend, users=(person.username,))


def outsiders(case: Case) -> Iterator[Finding]:
    """A participant is not, or no longer, in the schedule's team."""
    for user in _named(case) if case.members is not None else ():
        person = case.people[user]
        if person.active and user not in (case.members or ()):
            words = f"{person.name} stands in {case.schedule} and is not in its team, {case.team}."
            mend = f"Add them to {case.team}, or take them out of the rotation."
            yield case.warning(Kind.NOT_IN_TEAM, words, mend, users=(person.username,))


def void_overrides(case: Case) -> Iterator[Finding]:
    """Somebody who has left was put on call: that override says nothing, and whom it relieved is on again."""
    given = [
        (one.start, one.end, one.user, one.role, f"an override ({one.kind})")
        for one in case.roster.overrides
        if one.kind != "remove"
    ]
    temporary = [shift for one in case.roster.temporaries for shift in one.shifts]
    given += [(one.start, one.end, one.user, one.role, "a temporary shift") for one in temporary]
    for start, end, user, role, what in sorted(given):
        person = case.people.get(user)
        if person is not None and not person.active and end > case.now:
            words = (
                f"{person.name} has left, so that {what} of {case.schedule} {role} puts nobody on call"
                f" {case.span(max(start, case.now), end)}."
            )
            more = {"role": role, "users": (person.username,), "start": max(start, case.now), "end": end}
            yield case.error(Kind.VOID, words, "Cancel it, and name someone else.", **more)


def _versions(case: Case) -> list[Version]:
    """The version in force now, and those that begin soon."""
    begun = [one for one in case.roster.versions if one.effective_from <= case.now][-1:]
    until = case.now + AHEAD
    return begun + [one for one in case.roster.versions if case.now < one.effective_from < until]


def _named(case: Case) -> list[int]:
    named = {user for version in _versions(case) for user in version.definition.users()}
    known = (user for user in named if user in case.people)
    return sorted(known, key=lambda user: case.people[user].username)


def _active(case: Case, definition: Definition) -> set[int]:
    paged = (
        role for name, role in definition.roles.items() if name not in NEVER_PAGED and isinstance(role, Role)
    )
    users = {user for role in paged for layer in role.layers for slot in layer.participants for user in slot}
    return {user for user in users if user in case.people and case.people[user].active}
