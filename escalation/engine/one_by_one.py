"""Changes of several incidents of which one may be undecidable: that one is left, and the others are not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import transaction

from escalation.engine.applying import Change, apply_all
from escalation.engine.faults import is_outage
from escalation.models import Incident

log = structlog.get_logger(__name__)


def apply_each(changes: Sequence[Change], *, now: datetime) -> set[int]:
    """All of them, but for those that cannot be decided: they are logged, left as they are, and keep the
    others from nothing. Returns their ids. In the caller's transaction; an outage of the database is raised.
    """
    try:
        with transaction.atomic():
            apply_all(changes, now=now)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.warning("batch_not_decided", incidents=len(changes), error=repr(fault), effect="one by one")
        return {change.row.pk for change in changes if not _is_applied(change, now=now)}
    return set()


def _is_applied(change: Change, *, now: datetime) -> bool:
    try:
        with transaction.atomic():
            row = Incident.objects.select_related("service", "service__team").get(pk=change.row.pk)
            apply_all([replace(change, row=row)], now=now)
    except Exception as fault:
        if is_outage(fault):
            raise
        log.exception("incident_not_decided", incident=change.row.pk, effect="it is left as it was")
        return False
    return True
