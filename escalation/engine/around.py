"""What is around some incidents, read once for all: their first alerts, and whom their policies mean."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

import structlog
from django.db import Error
from django.db.models import Min

from escalation import targets
from escalation.core.policy import Policy, Target
from escalation.models import Alert, Incident
from escalation.targets import Recipient

log = structlog.get_logger(__name__)


class Around:
    """Each part is read when it is first asked for, in a number of statements that does not grow with `rows`.
    Whatever it says is of `at`.
    """

    def __init__(self, rows: Sequence[Incident], *, at: datetime) -> None:
        self._rows = rows
        self._at = at

    def alert(self, row: Incident) -> Alert | None:
        """The first alert of the incident."""
        return self._alerts.get(row.pk)

    def recipients(self, row: Incident, wanted: Sequence[Target]) -> list[Recipient]:
        """Of targets of which one cannot be resolved (a fault of ours), the others are paged all the same."""
        if self._now is not None:
            return self._now.recipients(wanted)
        found: dict[int, Recipient] = {}
        for target in wanted:
            known = self._known([target], effect=f"#{row.pk} pages the others of its step")
            for one in known.recipients([target]) if known else ():
                found.setdefault(one.user, one)
        return list(found.values())

    def managers(self, row: Incident) -> list[Recipient]:
        """The active managers of its service's team."""
        return self._managers.get(row.service.team_id or 0, [])

    @cached_property
    def _alerts(self) -> dict[int, Alert]:
        of_these = Alert.objects.filter(incident__in=[row.pk for row in self._rows])
        first = of_these.order_by().values("incident").annotate(first=Min("pk")).values("first")
        return {alert.incident_id or 0: alert for alert in Alert.objects.filter(pk__in=first)}

    @cached_property
    def _managers(self) -> dict[int, list[Recipient]]:
        return targets.managers({row.service.team_id for row in self._rows if row.service.team_id})

    @cached_property
    def _now(self) -> targets.Now | None:
        """None where one of them cannot be resolved: then each is asked alone."""
        wanted = {target: None for row in self._rows for target in Policy.from_json(row.policy).targets()}
        return self._known(list(wanted), effect="each of them is asked alone")

    def _known(self, wanted: Sequence[Target], *, effect: str) -> targets.Now | None:
        """None where one of them cannot be resolved. A fault of the database is none of theirs: it is raised,
        or they would pass for targets that mean nobody.
        """
        try:
            return targets.Now(wanted, at=self._at)
        except Error:
            raise
        except Exception:
            log.exception("targets_not_resolved", targets=[one.label for one in wanted], effect=effect)
            return None
