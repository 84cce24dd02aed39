"""Checks of who is on call, and whether they can be reached."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from escalation import advising
from escalation.models import Service
from oncall.advice import advise
from oncall.core.finding import Finding, warning
from oncall.models import Schedule


def schedules(now: datetime) -> Iterator[Finding]:
    """What will hurt on each schedule, over the next 28 days; see `oncall.advice`."""
    names = dict(Schedule.objects.filter(retired_at=None).order_by("name").values_list("pk", "name"))
    for findings in advise(names, now=now).values():
        yield from findings


def policies(now: datetime) -> Iterator[Finding]:
    """Whom a policy names and cannot page, and when it pages nobody; see `escalation.advising`."""
    for findings in advising.advise(Q(), now=now).values():
        yield from findings


def services(now: datetime) -> Iterator[Finding]:
    for service in Service.objects.filter(retired_at=None).order_by("name"):
        if not service.routing_keys.filter(revoked_at=None).exists():
            yield warning(f"Service “{service}” has no routing key: nothing can alert on it.")


CHECKS = (schedules, policies, services)
