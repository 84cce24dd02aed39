"""What another plan, or another rotation, would cost: reckoned beside what is so, and nothing is written."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from django.db.models import F

from oncall.compensation.core.carried import Carried
from oncall.compensation.core.line import Kind
from oncall.compensation.core.stretches import AROUND, CarriedBy, stretches
from oncall.compensation.core.terms import Terms
from oncall.compensation.loading.plans import FIRST_DAY, LAST_DAY, Version, plan_versions
from oncall.compensation.loading.stages import Staged, stages
from oncall.compensation.models import Assignment, PayPlan, PlanVersion
from oncall.compensation.reckoning import Owed, carried_by, kept_by, owed
from oncall.core.final import Roster
from oncall.core.span import Span
from oncall.loading import rosters
from oncall.unsaved import Draft, drafted
from people.models import User

NO_TIME = timedelta(0)
Summed = TypeVar("Summed", Decimal, timedelta)


@dataclass(frozen=True, kw_only=True)
class NewPlan:
    """Terms for these people, teams and places, before whatever plan they have; `terms.plan` is its name."""

    terms: Terms
    people: Sequence[int] = ()
    teams: Sequence[int] = ()
    places: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class OtherRotation:
    """What a schedule (None: one that does not exist yet) would say. Over a span that has ended it is taken
    to have begun with the span; else it begins when the draft says.
    """

    schedule: int | None
    name: str
    draft: Draft


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is tried: other `terms` of plans, by the plan's id; new plans; other rotations."""

    terms: Mapping[int, Terms] = field(default_factory=dict)
    plans: Sequence[NewPlan] = ()
    rotations: Sequence[OtherRotation] = ()


@dataclass(frozen=True, kw_only=True)
class Side:
    """What some people are owed: amounts by currency, time of standby by band, call-outs and what they
    credit, and how much of what is carried no plan pays.
    """

    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    hours: Mapping[str, timedelta] = field(default_factory=dict)
    call_outs: int = 0
    lieu_minutes: int = 0
    unpaid: timedelta = NO_TIME

    def __add__(self, other: "Side") -> "Side":
        return Side(
            amounts=_sums([*self.amounts.items(), *other.amounts.items()], Decimal(0)),
            hours=_sums([*self.hours.items(), *other.hours.items()], NO_TIME),
            call_outs=self.call_outs + other.call_outs,
            lieu_minutes=self.lieu_minutes + other.lieu_minutes,
            unpaid=self.unpaid + other.unpaid,
        )


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Two sides of one person, or of all together (`user` None)."""

    user: int | None
    before: Side
    after: Side

    def differences(self) -> dict[str, Decimal]:
        """By currency, after less before, also where it is nothing."""
        names = sorted({*self.before.amounts, *self.after.amounts})
        none = Decimal(0)
        return {
            name: self.after.amounts.get(name, none) - self.before.amounts.get(name, none) for name in names
        }


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """`people` are those whom the change concerns and who may be seen; `whole` is their sum, and theirs only.

    `left_out` says that it concerns others, too, but not how many. `notes` are sentences about what a number
    leaves out.
    """

    since: date
    until: date
    people: Sequence[Compared]
    whole: Compared
    left_out: bool
    notes: Sequence[str]


def compare(change: Change, *, seen: Collection[int], since: date, until: date, now: datetime) -> Comparison:
    """From the midnight that begins `since` to the one that begins `until`, each by their own clock; for the
    people in `seen`, who are those whose pay whoever asks may see.

    Call-outs are those of the span for both sides, as far as it has passed. Raises Refused for a draft that
    saving would refuse (an unknown calendar, a beginning in the past), ValueError for a span of nothing.
    """
    if until <= since:
        raise ValueError("The end has to lie after the beginning.")
    everybody = _everybody(change, since, until)
    before = stages(everybody, since=since, until=until)
    versions, more = _tried(change)
    after = stages(everybody, since=since, until=until, versions=versions, more=more)
    if not before:
        return _answer({}, {}, since, until, left_out=False, notes=())
    reach = Span(
        min(one.reach.start for one in before.values()), max(one.reach.end for one in before.values())
    )
    swapped = [_swapped(one, reach, before, now=now) for one in change.rotations]
    concerned = {user for user in before if _differs(before[user], after[user])}
    concerned |= {user for one in swapped for user in one.concerned()}
    mine = sorted(concerned & set(seen), key=everybody.index)
    carried = carried_by(mine, reach) if mine else {}
    kept = kept_by(mine, reach, now=now) if mine else {}
    sides: tuple[dict[int, Side], dict[int, Side]] = ({}, {})
    for user in mine:
        had = carried.get(user, [])
        has = [one for one in had if all(one.schedule != other.name for other in swapped)]
        has += [one.carried for other in swapped for one in other.after if one.user == user]
        sides[0][user] = _side(owed(before[user], had, kept.get(user, [])))
        sides[1][user] = _side(owed(after[user], has, kept.get(user, [])))
    return _answer(*sides, since, until, left_out=concerned > set(mine), notes=list(_notes(before, now)))


def plans_of(user_ids: Collection[int], *, since: date, until: date) -> list[PayPlan]:
    """Those that pay any of these people then, by name. What a plan of others pays is nobody's business."""
    staged = stages(user_ids, since=since, until=until)
    names = {stage.terms.plan for one in staged.values() for stage in one.stages if stage.shown}
    return list(PayPlan.objects.filter(name__in=names).order_by("name"))


def version_in_force(plan: PayPlan, day: date) -> PlanVersion | None:
    """The last that begins by `day`; the first there is where none does."""
    rows = PlanVersion.objects.filter(plan=plan).order_by(F("effective_from").asc(nulls_first=True))
    begun = [row for row in rows if row.effective_from is None or row.effective_from <= day]
    return begun[-1] if begun else rows.first()


def _everybody(change: Change, since: date, until: date) -> list[int]:
    """Who may be concerned, by username: of rotations alone, those whom a schedule names or would name."""
    rows = User.objects.order_by("username")
    if not change.terms and not change.plans:
        named: set[int] = set()
        first, last = (datetime.combine(day, time(0), UTC) for day in (since, until))
        for one in change.rotations:
            named |= _people_of(one.draft)
            if one.schedule is not None:
                loaded = rosters([one.schedule], since=first - AROUND, until=last + AROUND)
                named |= loaded[one.schedule].people()
        rows = rows.filter(pk__in=named)
    return list(rows.values_list("pk", flat=True))


def _people_of(draft: Draft) -> set[int]:
    shifts = {shift.user for one in draft.temporaries for shift in one.shifts}
    return {*draft.definition.users(), *(one.user for one in draft.overrides), *shifts}


def _tried(change: Change) -> tuple[Mapping[int, Version], list[Assignment]]:
    """The versions of plans as they would be, and who would be paid by the new ones."""
    versions = {
        pk: replace(version, terms=change.terms.get(version.plan, version.terms))
        for pk, version in plan_versions().items()
    }
    more = []
    for n, new in enumerate(change.plans, 1):
        versions[-n] = Version(id=-n, plan=-n, terms=new.terms, first=FIRST_DAY, end=LAST_DAY)
        more += [Assignment(version_id=-n, user_id=one) for one in new.people]
        more += [Assignment(version_id=-n, place=one) for one in new.places]
        more += [Assignment(version_id=-n, team_id=one) for one in new.teams]
    return versions, more


def _differs(one: Staged, other: Staged) -> bool:
    return one.stages != other.stages


@dataclass(frozen=True, kw_only=True)
class _Swapped:
    name: str
    before: Sequence[CarriedBy]
    after: Sequence[CarriedBy]

    def concerned(self) -> set[int]:
        """Those who would carry something else."""
        had, has = _by_person(self.before), _by_person(self.after)
        return {user for user in {*had, *has} if had.get(user) != has.get(user)}


def _swapped(one: OtherRotation, reach: Span, staged: Mapping[int, Staged], *, now: datetime) -> _Swapped:
    stored = None
    if one.schedule is not None:
        since = min(reach.start, now) - AROUND
        stored = rosters([one.schedule], since=since, until=reach.end + AROUND)[one.schedule]
    begins = min(each.whole.start for each in staged.values())
    later = _later(stored, one.draft, begins, over=reach.end <= now, now=now)
    return _Swapped(
        name=one.name,
        before=stretches(one.name, stored, reach) if stored else [],
        after=stretches(one.name, later, reach),
    )


def _later(stored: Roster | None, draft: Draft, begins: datetime, *, over: bool, now: datetime) -> Roster:
    """As it would be, or, of what is over, as it would have been from the beginning of the span on."""
    if not over:
        return drafted(stored, draft, now=now)
    if stored is not None:
        stood = tuple(version for version in stored.versions if version.effective_from < begins)
        stored = replace(stored, versions=stood)
    return drafted(stored, replace(draft, begins=None), now=begins)


def _by_person(carried: Iterable[CarriedBy]) -> Mapping[int, list[Carried]]:
    found: dict[int, list[Carried]] = defaultdict(list)
    for one in carried:
        found[one.user].append(one.carried)
    return found


def _side(found: Owed) -> Side:
    lines = found.statement.lines
    standby = [(line.band, line.length) for line in lines if line.kind is Kind.STANDBY]
    return Side(
        amounts=found.statement.totals(),
        hours=_sums(standby, NO_TIME),
        call_outs=sum(line.kind is Kind.CALL_OUT for line in lines),
        lieu_minutes=found.statement.lieu_minutes,
        unpaid=found.unpaid,
    )


def _sums(parts: Iterable[tuple[str, Summed]], none: Summed) -> dict[str, Summed]:
    found: dict[str, Summed] = {}
    for name, part in parts:
        found[name] = found.get(name, none) + part
    return found


def _answer(
    before: Mapping[int, Side],
    after: Mapping[int, Side],
    since: date,
    until: date,
    *,
    left_out: bool,
    notes: Sequence[str],
) -> Comparison:
    people = [Compared(user=user, before=before[user], after=after[user]) for user in before]
    whole = Compared(
        user=None, before=sum(before.values(), start=Side()), after=sum(after.values(), start=Side())
    )
    return Comparison(since=since, until=until, people=people, whole=whole, left_out=left_out, notes=notes)


def _notes(staged: Mapping[int, Staged], now: datetime) -> Iterator[str]:
    if all(now <= one.whole.start for one in staged.values()):
        yield "No call-outs are counted: they lie ahead."
    elif any(now < one.whole.end for one in staged.values()):
        yield f"Call-outs are counted until {now:%Y-%m-%d %H:%M} UTC; the others lie ahead."
