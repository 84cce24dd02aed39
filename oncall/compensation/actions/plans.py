"""Pay plans and their versions: who is paid what, from which day on.

What was paid stays so: an edit that reaches into a locked month is refused, and people come and go by date.
"""

import itertools
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.compensation.actions.assigning import Assigned, assign, named, paid_by
from oncall.compensation.actions.guarding import Guard
from oncall.compensation.core.reading import read_terms
from oncall.compensation.core.writing import write_terms
from oncall.compensation.currencies import check_currency, smallest
from oncall.compensation.loading.plans import FIRST_DAY, LAST_DAY
from oncall.compensation.models import PayPlan, PlanVersion
from oncall.core.faults import DefinitionFaults
from oncall.core.final import EARLIEST, LATEST
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Team, User


def create_plan(*, name: str, currency: str, by: Actor, now: datetime) -> PayPlan:
    """A plan that pays nobody yet; one that was retired comes back with its versions.

    Raises Refused for a name that is taken or is not one line, for what is no currency, and for another
    currency than the plan of that name has paid in.
    """
    name = text(name, what="name", limit=100)
    if not name:
        raise Refused("A pay plan needs a name.")
    if any(ord(letter) < 32 for letter in name):
        raise Refused("The name has a line break in it; write it in one line.")
    try:
        check_currency(currency)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    with transaction.atomic():
        plan = _made(name, currency)
        _record(Verb.PAY_PLAN_CREATED, plan, f"Pay plan {name} in {currency}", by=by, now=now)
    return plan


def _made(name: str, currency: str) -> PayPlan:
    plan = PayPlan.objects.select_for_update().filter(name=name).first()
    if plan is None:
        try:
            with transaction.atomic():
                return PayPlan.objects.create(name=name, currency=currency)
        except IntegrityError:
            raise Overtaken(f"There is a pay plan “{name}” already; choose another name.") from None
    if plan.retired_at is None:
        raise Refused(f"There is a pay plan “{name}” already; choose another name.")
    if plan.currency != currency and plan.versions.exists():
        raise Refused(
            f"Pay plan “{name}” has paid in {plan.currency}, which stays so; name the new one otherwise."
        )
    plan.currency, plan.retired_at = currency, None
    plan.save(update_fields=["currency", "retired_at"])
    return plan


def set_version(  # noqa: PLR0913 - the words of one request
    *,
    plan: PayPlan,
    effective_from: date | None,
    effective_until: date | None,
    terms: Mapping[str, Any],
    people: Iterable[User],
    teams: Iterable[Team],
    places: Iterable[str],
    by: Actor,
    now: datetime,
    why: str = "",
) -> PlanVersion | None:
    """What the plan pays, and whom, from `effective_from` (None: always) until `effective_until` or the next
    version. One that begins on the same day is changed; None when it says that already.

    `terms` is their written form (`core.reading`). Whoever a new version names is paid as long as it is in
    force. In one that has begun, who comes is paid from today on, and who goes until today: the day of `now`
    in UTC. Raises Refused for terms that cannot be read, an end before the begin, versions that overlap,
    somebody named twice, a place that is none, and for what would change a locked statement.
    """
    wanted, today = named(people, teams, places), now.astimezone(UTC).date()
    _check_days(effective_from, effective_until)
    with transaction.atomic():
        plan = _locked(plan)
        written = _canonical(plan, terms)
        version = plan.versions.filter(effective_from=effective_from).first()
        is_new = version is None
        if version is None:
            version = PlanVersion(plan=plan, effective_from=effective_from, terms={}, created_at=now)
            version.created_by = by.user
        same = not is_new and (version.terms, version.effective_until) == (written, effective_until)
        if same and set(paid_by(version)) == set(wanted) and plan.retired_at is None:
            return None
        begun = not is_new and (effective_from or FIRST_DAY) < today
        guard = Guard(since=today if same and begun else effective_from or FIRST_DAY)
        before, until_before = version.terms, version.effective_until
        version.terms, version.effective_until = written, effective_until
        version.save()
        _check_overlaps(plan)
        assigned = assign(version, wanted, since=today if begun else None, today=today)
        _bring_back(plan)
        guard.check()
        told = [] if is_new else [*_until_told(until_before, effective_until), *_terms_told(before, written)]
        what = "; ".join([_named(version, is_new=is_new), *told, *_people_told(assigned)])
        data = {"version": version.pk, "terms": written} | ({} if is_new else {"before": before})
        verb = Verb.PAY_PLAN_VERSIONED if is_new else Verb.PAY_PLAN_CHANGED
        _record(verb, plan, what, by=by, now=now, why=why, data=data)
    return version


def end_version(*, version: PlanVersion, by: Actor, now: datetime, why: str = "") -> None:
    """It pays until today, the day of `now` in UTC. One that has not begun before is dropped, and the one
    before it goes on. A plan that has no version left to pay by is retired. Raises Overtaken for one that is
    over.
    """
    today = now.astimezone(UTC).date()
    with transaction.atomic():
        plan = _locked(version.plan)
        row = plan.versions.filter(pk=version.pk).first()
        if row is None or _ends(plan)[row.pk] <= today:
            raise Overtaken(f"{version} is over already; what it paid stays.")
        guard = Guard(since=max(row.effective_from or FIRST_DAY, today))
        _end(row, today=today)
        if not any(end > today for end in _ends(plan).values()):
            _retire(plan, now)
        guard.check()
        _record(Verb.PAY_PLAN_ENDED, plan, f"{row} ended on {today}", by=by, now=now, why=why)


def retire_plan(*, plan: PayPlan, by: Actor, now: datetime, why: str = "") -> PayPlan:
    """It pays nobody from today on, the day of `now` in UTC; what it paid stays. Versions that have not begun
    are dropped. Raises Overtaken when it is retired.
    """
    today = now.astimezone(UTC).date()
    with transaction.atomic():
        row = _locked(plan)
        if row.retired_at is not None:
            raise Overtaken(f"Pay plan “{row}” was retired before.")
        guard = Guard(since=today)
        for version in row.versions.filter(effective_from__gte=today):
            _end(version, today=today)
        for version in row.versions.all():
            if _ends(row)[version.pk] > today:
                _end(version, today=today)
        _retire(row, now)
        guard.check()
        _record(Verb.PAY_PLAN_RETIRED, row, f"Pay plan {row} retired", by=by, now=now, why=why)
    return row


def _locked(plan: PayPlan) -> PayPlan:
    """Held to the end of the transaction: nobody else edits the plan's versions meanwhile."""
    return PayPlan.objects.select_for_update().get(pk=plan.pk)


def _canonical(plan: PayPlan, terms: Mapping[str, Any]) -> dict[str, Any]:
    """In the one form that says it, so that the same terms are equal. Raises Refused."""
    unit = smallest(plan.currency)
    try:
        read = read_terms(terms, plan=plan.name, currency=plan.currency, unit=unit)
    except DefinitionFaults as faults:
        raise Refused(str(faults)) from None
    return write_terms(read, unit=unit)


def _check_days(first: date | None, end: date | None) -> None:
    for day in (first, end):
        if day is not None and not EARLIEST.year < day.year < LATEST.year:
            raise Refused(f"{day} lies outside the years {EARLIEST.year + 1} to {LATEST.year - 1}.")
    if first is not None and end is not None and end <= first:
        raise Refused(
            f"A version from {first} until {end} has no day in it; the end is the first day that it no "
            "longer pays."
        )


def _check_overlaps(plan: PayPlan) -> None:
    for one, after in itertools.pairwise(_in_order(plan)):
        if one.effective_until is not None and one.effective_until > (after.effective_from or FIRST_DAY):
            raise Refused(
                f"{one} is said to pay until {one.effective_until}, and {after} begins before that; let the "
                f"first end on {after.effective_from}, or say no end: it ends where the next one begins."
            )


def _in_order(plan: PayPlan) -> list[PlanVersion]:
    return sorted(plan.versions.select_related("plan"), key=lambda row: row.effective_from or FIRST_DAY)


def _ends(plan: PayPlan) -> dict[int, date]:
    """By version, the first day on which it no longer pays."""
    rows = _in_order(plan)
    begins = [*(row.effective_from or FIRST_DAY for row in rows[1:]), LAST_DAY]
    return {
        row.pk: min(row.effective_until or LAST_DAY, after) for row, after in zip(rows, begins, strict=True)
    }


def _end(version: PlanVersion, *, today: date) -> None:
    if (version.effective_from or FIRST_DAY) >= today:
        version.delete()
    else:
        version.effective_until = today
        version.save(update_fields=["effective_until"])


def _retire(plan: PayPlan, now: datetime) -> None:
    plan.retired_at = now
    plan.save(update_fields=["retired_at"])


def _bring_back(plan: PayPlan) -> None:
    if plan.retired_at is not None:
        plan.retired_at = None
        plan.save(update_fields=["retired_at"])


def _named(version: PlanVersion, *, is_new: bool) -> str:
    until = f" until {version.effective_until}" if is_new and version.effective_until else ""
    return f"{version}{until}" if is_new else f"{version} changed"


def _until_told(before: date | None, after: date | None) -> Iterable[str]:
    if before != after:
        yield f"ends {after}" if after else "ends no more"


def _terms_told(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[str]:
    """Which parts say something else, bands by their names; what they say stands in the data beside it."""
    parts = {key for key in {*before, *after} if before.get(key) != after.get(key)} - {"standby"}
    yield from (f"another {part}" for part in sorted(parts))
    old, new = ({band["band"]: band for band in said.get("standby", ())} for said in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            amounts = (
                f"{said['amount']} per {said['per']}" if said else "none"
                for said in (old.get(name), new.get(name))
            )
            yield f"band {name}: {' -> '.join(amounts)}"


def _people_told(assigned: Assigned) -> Iterable[str]:
    if assigned.added:
        yield f"pays {', '.join(assigned.added)}"
    if assigned.taken_off:
        yield f"no longer pays {', '.join(assigned.taken_off)}"


def _record(  # noqa: PLR0913 - the words of one entry
    verb: Verb,
    plan: PayPlan,
    what: str,
    *,
    by: Actor,
    now: datetime,
    why: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    reason = text(why, what="reason", limit=500)
    record([Line(verb, ("pay_plan", plan.pk), by, what, reason, data or {})], now=now)
