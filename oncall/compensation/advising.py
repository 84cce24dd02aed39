"""Advice about pay: what a plan or a schedule will lead to, said while there is time. It never blocks.

What is said of a schedule is seen by everybody who sees the schedule, so that it says hours and no money.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from django.db.models import Q

from oncall.compensation.core.bands import MIDNIGHT, of_bands
from oncall.compensation.core.capping import named
from oncall.compensation.core.carried import Carried, paid, within
from oncall.compensation.core.holiday_pay import Shortfall, shortfalls
from oncall.compensation.core.money import Mode, Rounding, hours
from oncall.compensation.core.statement import Stage
from oncall.compensation.core.stretches import stretches
from oncall.compensation.core.terms import Cap, Period
from oncall.compensation.currencies import smallest
from oncall.compensation.loading.plans import Version, plan_versions, terms_of
from oncall.compensation.loading.stages import Staged, stages
from oncall.compensation.models import PlanVersion
from oncall.core.checks.case import AHEAD, Case
from oncall.core.coverage import NEVER_PAGED
from oncall.core.finding import Finding, Kind, warning
from oncall.core.restriction import DAYS
from oncall.core.span import Span, intersection, union
from oncall.core.walltime import first_instant, wall_time
from oncall.loading import rosters
from oncall.models import Override, Participation, Schedule, TemporaryShift

A_DAY = timedelta(days=1)
WORKWEEK, WHOLE_WEEK = tuple(range(5)), tuple(range(7))


def about_plans(versions: Q) -> list[Finding]:
    """Of those that `versions` chooses: a holiday that pays less than what it takes the place of."""
    rows = (
        PlanVersion.objects.filter(versions).select_related("plan").order_by("plan__name", "effective_from")
    )
    return [_holiday_warning(row, one) for row in rows for one in shortfalls(terms_of(row))]


def in_force(today: date) -> Q:
    """Versions that pay on that day or later, as far as they say so themselves."""
    return Q(plan__retired_at=None) & (Q(effective_until=None) | Q(effective_until__gt=today))


def _holiday_warning(version: PlanVersion, one: Shortfall) -> Finding:
    unit = smallest(version.plan.currency)
    up = Rounding(mode=Mode.UP, unit=unit)
    enough = (
        f"Pay at least {up.rounded(one.needs)} per {one.holiday.per} for “{one.holiday.name}”, "
        if one.needs is not None
        else f"Let “{one.holiday.name}” pay something, "
    )
    return warning(
        f"Pay plan {version}: on {_days(one.days)}, an hour of “{one.holiday.name}” pays {_amount(one.pays)} "
        f"{version.plan.currency} and takes the place of “{one.displaced.name}”, which pays "
        f"{_amount(one.would)}.",
        f"{enough}or let it be paid on top (additive).",
    )


def _days(days: Sequence[int]) -> str:
    if days == WHOLE_WEEK:
        return "any holiday"
    if days == WORKWEEK:
        return "a holiday from mon to fri"
    return f"a holiday that is a {' or '.join(DAYS[day] for day in days)}"


def _amount(exact: Fraction) -> str:
    """To four decimals: an hour's share of a week seldom has two."""
    return f"{float(exact):.4f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Over:
    plan: str
    period: str
    cap: Cap
    hours: Fraction


def over_caps(cases: Sequence[Case]) -> Iterator[tuple[int, Finding]]:
    """Whom the coming 28 days, as the schedules are looked at, push over the hours that their plan caps. Said
    once, with the first schedule on which they carry something. One query where no plan has such a cap.
    """
    versions = plan_versions()
    if not cases or not any(_hours_of(version) for version in versions.values()):
        return
    now = cases[0].now
    first: dict[int, Case] = {}
    for case in cases:
        for shift in case.ahead():
            if shift.user is not None:
                first.setdefault(shift.user, case)
    for user, over in _over(first, cases, versions, now=now).items():
        case = first[user]
        person = case.people.get(user)
        if person is not None:
            yield from ((case.id, _over_warning(case, person.username, person.name, one)) for one in over)


def _hours_of(version: Version) -> Fraction | None:
    return version.terms.cap.hours if version.terms.cap else None


def _over_warning(case: Case, username: str, name: str, one: _Over) -> Finding:
    limit = f"{float(one.cap.hours or 0):g}"
    beyond = "All of it is paid" if one.cap.warn else "What is beyond it is not paid"
    return case.warning(
        Kind.OVER_CAP,
        f"{name} would be on call for {float(one.hours):.0f} h in {one.period}, over the cap of {limit} h a "
        f"{one.cap.per} of pay plan {one.plan}.",
        f"{beyond}; give some of it to somebody else.",
        users=(username,),
        grade=float(one.hours),
    )


def _over(
    users: Collection[int], cases: Sequence[Case], versions: Mapping[int, Version], *, now: datetime
) -> dict[int, list[_Over]]:
    today = now.astimezone(UTC).date()
    staged = stages(users, since=today, until=(now + AHEAD).date() + A_DAY, versions=versions)
    capped = {
        user: one
        for user, one in staged.items()
        if any(stage.terms.cap and stage.terms.cap.hours for stage in one.stages)
    }
    if not capped:
        return {}
    carried = _carried(capped, cases, now=now)
    return {user: list(_periods(one, carried.get(user, ()), now=now)) for user, one in capped.items()}


def _carried(
    staged: Mapping[int, Staged], cases: Sequence[Case], *, now: datetime
) -> Mapping[int, Sequence[Carried]]:
    """From the rows, but of the schedules that are looked at, what is to come is as they are looked at."""
    since = min(one.reach.start for one in staged.values())
    reach, ahead = Span(min(since, now), now + AHEAD), Span(now, now + AHEAD)
    looked_at = {case.id: case for case in cases}
    found: dict[int, list[Carried]] = defaultdict(list)
    names = _schedules(staged, looked_at, since=reach.start)
    for pk, roster in rosters(names, since=reach.start, until=reach.end).items():
        until = now if pk in looked_at else reach.end
        for one in stretches(names[pk], roster, Span(reach.start, until)):
            found[one.user].append(one.carried)
    for case in cases:
        for one in stretches(case.schedule, case.roster, ahead):
            found[one.user].append(one.carried)
    return {user: [one for one in ones if one.role not in NEVER_PAGED] for user, ones in found.items()}


def _schedules(users: Collection[int], also: Collection[int], *, since: datetime) -> dict[int, str]:
    """The schedules that they are, or were, on: by id, its name."""
    laid_over = {"user__in": users, "end__gt": since}
    theirs = (
        Q(pk__in=also)
        | Q(pk__in=Participation.objects.filter(user__in=users).values("version__schedule"))
        | Q(pk__in=Override.objects.filter(cancelled_at=None, **laid_over).values("schedule"))
        | Q(pk__in=TemporaryShift.objects.filter(**laid_over).values("temporary__schedule"))
    )
    rows = Schedule.objects.filter(theirs).filter(Q(retired_at=None) | Q(retired_at__gt=since))
    return dict(rows.values_list("pk", "name"))


def _periods(staged: Staged, carried: Iterable[Carried], *, now: datetime) -> Iterator[_Over]:
    """Every week, month or year that the coming 28 days touch, and that has too many hours."""
    ahead = list(within(carried, Span(staged.reach.start, now + AHEAD)))
    used: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    caps: dict[tuple[str, str], Cap] = {}
    for stage in (part for one in staged.stages for part in _cut(one)):
        cap = stage.terms.cap
        if cap is not None and cap.hours is not None:
            key = stage.terms.plan, named(stage.span.start, cap.per, stage.place.zone)
            used[key] += sum(
                (hours(span.end - span.start) for span in _on_standby(stage, ahead)), Fraction(0)
            )
            if stage.span.end > now:
                caps[key] = cap
    for (plan, period), cap in caps.items():
        spent = used[plan, period]
        if cap.hours is not None and spent > cap.hours:
            yield _Over(plan=plan, period=period, cap=cap, hours=spent)


def _cut(stage: Stage) -> Iterator[Stage]:
    """At the edges of the cap's weeks, or of months, of which a year has whole ones."""
    zone, start, cap = stage.place.zone, stage.span.start, stage.terms.cap
    while start < stage.span.end:
        day = wall_time(start, zone).date()
        if cap is not None and cap.per is Period.WEEK:
            after = day + (7 - day.weekday()) * A_DAY
        else:
            after = (day.replace(day=1) + 32 * A_DAY).replace(day=1)
        end = min(stage.span.end, first_instant(datetime.combine(after, MIDNIGHT), zone))
        yield replace(stage, span=Span(start, end))
        start = end


def _on_standby(stage: Stage, carried: Sequence[Carried]) -> Iterator[Span]:
    """What counts for a cap of hours: time in any band, once, but none that a role is paid nothing for."""
    mine = paid(within(carried, stage.span), stage.terms)
    own = of_bands(stage.terms, stage.place, stage.span).values() if mine else ()
    in_bands = union(span for spans in own for span in spans)
    for one in mine:
        if one.factor:
            yield from intersection(one.spans, in_bands)
