"""Advice on escalation policies and routing rules: what will hurt, said while there is time. It informs, and
never blocks.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Prefetch, Q

from escalation import targets
from escalation.core.condition import Condition, Hours
from escalation.core.matching import spelled
from escalation.core.routing import Route, in_the_way
from escalation.core.turns import Turns
from escalation.core.unpaged import unpaged
from escalation.loading import condition_of, target_of
from escalation.models import EscalationPolicy, RoutingRule, Service, Step, Target
from escalation.selectors.routing import Unreadable, route_of, routing_rules, spelled_match
from oncall.core.finding import Finding, error, warning
from oncall.selectors import roles_ahead, roles_without_layers


def advise(policies: Q, *, now: datetime) -> dict[int, list[Finding]]:
    """By the id of each policy in use that `policies` chooses; none is an empty list. A fixed number of
    queries.
    """
    rows = Target.objects.select_related("schedule", "user", "team", "webhook").order_by("pk")
    steps = Step.objects.prefetch_related(Prefetch("targets", rows)).order_by("position")
    services = Service.objects.filter(retired_at=None).order_by("name")
    found = EscalationPolicy.objects.filter(policies, retired_at=None).distinct().order_by("name")
    cases = list(found.prefetch_related(Prefetch("steps", steps), Prefetch("services", services)))
    looked_at = _Around([target for policy in cases for target in _targets(policy)], now=now)
    return {policy.pk: list(_findings(policy, looked_at)) for policy in cases}


class _Around:
    """Who is meant now, and which roles there are, read once for all."""

    def __init__(self, rows: Sequence[Target], *, now: datetime) -> None:
        schedules = {row.schedule_id for row in rows if row.schedule_id is not None}
        self._now = targets.Now([target_of(row) for row in rows], at=now)
        self.roles = roles_ahead(schedules, at=now)
        self.without_layers = roles_without_layers(schedules)

    def people(self, rows: Sequence[Target]) -> set[int]:
        """Whoever they mean now; of a team whose members take turns, all."""
        found = self._now.recipients([target_of(row) for row in rows], Turns({}).everybody)
        return {one.user for one in found if one.person}


def _targets(policy: EscalationPolicy) -> list[Target]:
    return [target for step in policy.steps.all() for target in step.targets.all()]


def _findings(policy: EscalationPolicy, around: _Around) -> Iterator[Finding]:
    steps = list(policy.steps.all())
    named = f"Escalation policy “{policy}”"
    if not steps:
        yield error(f"{named} has no step: it pages nobody.", "Give it one.")
        return
    if all(target.webhook_id for target in _targets(policy)):
        yield error(
            f"{named} tells webhooks alone: no person is paged before the managers.",
            "Let a later step page a person.",
        )
    for target in dict.fromkeys(_targets(policy)):
        yield from _of_target(named, target, around)
    sequence = [condition_of(step) for step in steps if step.after is None]
    if not sequence:
        yield error(f"{named} has only steps outside the sequence: nobody is paged at first.", "Give it one.")
    else:
        yield from _of_conditions(named, sequence, [condition_of(step) for step in steps], policy)
    people = around.people(_targets(policy))
    if policy.acknowledgements > max(1, len(people)):
        yield warning(
            f"{named} wants {policy.acknowledgements} people to acknowledge, and its steps page "
            f"{len(people)} as things stand now.",
            "Want fewer, or page more; until then it ends with the managers.",
        )


def _of_target(named: str, target: Target, around: _Around) -> Iterator[Finding]:
    if target.user is not None and not target.user.is_active:
        yield error(f"{named} pages {target.user}, who has left.")
    schedule, role = target.schedule, target.role or "primary"
    if schedule is None:
        return
    if schedule.retired_at is not None:
        yield error(f"{named} asks schedule “{schedule}”, which is retired.")
    elif role not in around.roles[schedule.pk]:
        yield error(f"{named} asks for “{role}” of schedule “{schedule}”, which has no such role any more.")
    elif (schedule.pk, role) in around.without_layers:
        yield warning(
            f"{named} asks for “{role}” of schedule “{schedule}”, which has no layers: nobody is on call.",
            "Give it a layer.",
        )


def _of_conditions(
    named: str, sequence: Sequence[Condition], every: Sequence[Condition], policy: EscalationPolicy
) -> Iterator[Finding]:
    by_hours = any(one.hours is not Hours.ANY for one in every)
    for service in policy.services.all():
        has_hours = bool(service.support_hours)
        if by_hours and not has_hours:
            yield warning(
                f"{named} asks for support hours, and service “{service}” has none: it pages at any hour.",
                "Set the service's support hours.",
            )
        silent = unpaged(sequence, rules=service.urgency, has_hours=has_hours)
        yield from _unpaged(named, silent, f" of service “{service}”")
    if not policy.services.all():
        yield from _unpaged(named, unpaged(sequence, rules={}, has_hours=True), "")


def _unpaged(named: str, silent: Iterable[str], whose: str) -> Iterator[Finding]:
    moments = ", ".join(silent)
    if moments:
        yield warning(
            f"{named}: no step of the sequence pages at {moments}{whose}; the team's managers are asked at "
            "once instead.",
            "Give it a step without `when`.",
        )


def advise_routing(rules: Q) -> list[Finding]:
    """On the routing rules that `rules` chooses, each among all of its service. Two queries."""
    chosen = RoutingRule.objects.filter(rules).order_by()
    rows = list(routing_rules().filter(service__in=chosen.values("service")))
    asked = set(chosen.values_list("pk", flat=True))
    before: dict[int, list[Route]] = {}
    found = []
    for row in rows:
        there = before.setdefault(row.service_id, [])
        fault, route = _routing_fault(row, there)
        if fault and row.pk in asked:
            what = f"Routing rule {row.position} of “{row.service}” ({spelled_match(row)}) {fault}"
            found.append(warning(what, "Mend it, or take it out."))
        if route is not None:
            there.append(route)
    return found


def _routing_fault(row: RoutingRule, before: Sequence[Route]) -> tuple[str, Route | None]:
    """What is wrong with it, empty where nothing is; and how it counts, None where it does not."""
    if row.to_service is not None and row.to_service.retired_at is not None:
        return f"leads to “{row.to_service}”, which is retired: it is passed over.", None
    try:
        route = route_of(row)
    except Unreadable:
        return "is passed over.", None
    other = in_the_way(before, route)
    if other is None:
        return "", route
    return f"never counts: rule {other.number} ({spelled(other.match)}) takes all of its alerts.", route
