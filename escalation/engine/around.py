"""What is around some incidents, read once for all: their first alerts, and whom their policies mean."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial

import structlog
from django.db import Error
from django.db.models import Min

from escalation import targets
from escalation.core.policy import Policy, Target
from escalation.core.turns import Choice, Key
from escalation.engine.turns import LockedTurns
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

    def recipients(
        self, row: Incident, wanted: Sequence[Target], *, but: Collection[str] = ()
    ) -> list[Recipient]:
        """Of targets of which one cannot be resolved (a fault of ours), the others are paged all the same.
        Of a list that is asked one at a time, a turn is taken, by nobody whose username is in `but`.
        """
        choose = partial(self._choose, row, but)
        if self._now is not None:
            return self._now.recipients(wanted, choose)
        found: dict[int, Recipient] = {}
        for target in wanted:
            known = self._known([target], effect=f"#{row.pk} pages the others of its step")
            for one in known.recipients([target], choose) if known else ():
                found.setdefault(one.user, one)
        return list(found.values())

    def _choose(self, row: Incident, but: Collection[str], key: Key, reached: Mapping[str, bool]) -> Choice:
        row.picked = {} if row.picked is None else row.picked
        left = {name: is_reached for name, is_reached in reached.items() if name not in but}
        return self._locked.turns.take(key, left, asked=row.picked)

    def save_turns(self) -> None:
        """The turns that were taken, in the caller's transaction."""
        if "_locked" in vars(self):
            self._locked.save()

    @cached_property
    def _locked(self) -> LockedTurns:
        return LockedTurns(self._wanted)

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
        return self._known(self._wanted, effect="each of them is asked alone")

    @cached_property
    def _wanted(self) -> list[Target]:
        """Every target of their policies, once."""
        return list({target: None for row in self._rows for target in Policy.from_json(row.policy).targets()})

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
