"""Checks of suppress rules and trials: what pages again soon, and what silences nothing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.text import capfirst

from escalation.core.matching import spelled
from escalation.models import AlertRule
from escalation.quiet.reading import running
from oncall.core.finding import Finding, warning

SOON = timedelta(days=1)
IDLE = timedelta(days=30)


def rules(now: datetime) -> Iterator[Finding]:
    """What ends within the day, and what has meant no alert for a month."""
    for rule in running(now=now):
        name = capfirst(f"{rule} of {rule.owner} on service “{rule.service}” ({spelled(rule.match)})")
        if not rule.owner.is_active:
            yield warning(f"{name} is of somebody who has left, and silences nothing.", "A worker ends it.")
        elif rule.ends_at <= now + SOON:
            what = f"{name} ends {rule.ends_at:%Y-%m-%d %H:%M} UTC: these alerts page from then on."
            yield warning(what, f"Extend it at /rules/{rule.pk}, or let it end.")
        if _since(rule) <= now - IDLE:
            yield warning(f"{name} has kept no alert quiet for 30 days.", f"End it at /rules/{rule.pk}.")


def _since(rule: AlertRule) -> datetime:
    """When it last did anything, if only to begin."""
    last: datetime | None = getattr(rule, "last_at", None)
    return max(last or rule.created_at, rule.created_at)


CHECKS = (rules,)
