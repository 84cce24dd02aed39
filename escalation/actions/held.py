"""Incidents held with their alerts: what ends one has to end all of them, also one that joins just now."""

from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from django.db import OperationalError, transaction
from django.db.models import QuerySet

from escalation.models import Alert, Incident

TRIES = 10

Done = TypeVar("Done")


class Joined(Exception):
    """An alert became part of one of them while the locks were waited for, and somebody holds it."""


def undisturbed(work: Callable[[], Done]) -> Done:
    """Do `work` in a transaction, and again from the beginning where it raises Joined."""
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                return work()
        except Joined:
            continue
    raise OperationalError("Alerts join these incidents too fast to keep up.")


def with_alerts(
    incident_ids: Collection[int], *, ended: bool = False
) -> tuple[list[int], dict[int, Incident]]:
    """The ids of their open alerts, with `ended` of all, and the rows by id, all locked: alerts first, by
    their keys, then the incidents by id, which is the one order in which locks are taken (escalation.engine).

    Whoever changes alerts that are over, too, has to hold them from the beginning: who waited for one that
    somebody ended meanwhile has its lock, and goes on to wait for others.
    """
    alerts = _alerts(incident_ids, ended=ended).select_for_update()
    held = [alert.pk for alert in alerts.order_by("dedup_key", "pk")]
    return held, locked(incident_ids)


def locked(incident_ids: Collection[int]) -> dict[int, Incident]:
    """The rows, in the order of their ids."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("service", "service__team")
    return {row.pk: row for row in rows.filter(pk__in=incident_ids).order_by("pk")}


def latecomers(rows: Iterable[Incident], alerts: Collection[int], *, ended: bool = False) -> list[int]:
    """The ids of open alerts, with `ended` of all, that joined these incidents, which are locked, after
    `alerts` were; locked, too.

    Nothing joins any more while the incidents are held. To wait for such an alert here would be against the
    order of locks, so where somebody holds one of them it raises Joined.
    """
    several = [row.pk for row in rows if row.alert_count > 1]
    if not several:
        return []
    others = _alerts(several, ended=ended).exclude(pk__in=alerts)
    late = set(others.values_list("pk", flat=True))
    if not late:
        return []
    free = set(others.select_for_update(skip_locked=True).values_list("pk", flat=True))
    if free != late:
        raise Joined
    return sorted(late)


def _alerts(incident_ids: Collection[int], *, ended: bool) -> QuerySet[Alert]:
    rows = Alert.objects.filter(incident_id__in=incident_ids)
    return rows if ended else rows.filter(status=Alert.Status.OPEN)
