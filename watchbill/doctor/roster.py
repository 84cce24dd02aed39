"""Checks of who is on call, and whether they can be reached."""

from collections.abc import Iterator
from datetime import datetime

from escalation.models import EscalationPolicy, Service
from oncall.advice import advise
from oncall.core.finding import Finding, error, warning
from oncall.models import Schedule


def schedules(now: datetime) -> Iterator[Finding]:
    """What will hurt on each schedule, over the next 28 days; see `oncall.advice`."""
    names = dict(Schedule.objects.filter(retired_at=None).order_by("name").values_list("pk", "name"))
    for findings in advise(names, now=now).values():
        yield from findings


def policies(now: datetime) -> Iterator[Finding]:
    used = EscalationPolicy.objects.filter(retired_at=None).prefetch_related(
        "steps__targets__user", "steps__targets__schedule", "steps__targets__webhook"
    )
    for policy in used.order_by("name"):
        steps = list(policy.steps.all())
        if not steps:
            yield error(f"Escalation policy “{policy}” has no step: it pages nobody.", "Give it one.")
        elif all(target.webhook_id for step in steps for target in step.targets.all()):
            yield error(
                f"Escalation policy “{policy}” tells webhooks alone: no person is paged before the managers.",
                "Let a later step page a person.",
            )
        for target in (target for step in steps for target in step.targets.all()):
            if target.user is not None and not target.user.is_active:
                yield error(f"Escalation policy “{policy}” pages {target.user}, who has left.")
            if target.schedule is not None and target.schedule.retired_at is not None:
                yield error(
                    f"Escalation policy “{policy}” asks schedule “{target.schedule}”, which is retired."
                )


def services(now: datetime) -> Iterator[Finding]:
    for service in Service.objects.filter(retired_at=None).order_by("name"):
        if not service.routing_keys.filter(revoked_at=None).exists():
            yield warning(f"Service “{service}” has no routing key: nothing can alert on it.")


CHECKS = (schedules, policies, services)
