"""Checks of routing rules: those that lead nowhere, and those that never count."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from escalation.advising import advise_routing
from oncall.core.finding import Finding


def routing(now: datetime) -> Iterator[Finding]:
    yield from advise_routing(Q())


CHECKS = (routing,)
