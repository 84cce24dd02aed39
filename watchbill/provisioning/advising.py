"""What an apply does to the schedules that it touches: looked at before and after, in its transaction."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from oncall.advice import Told, Watch
from oncall.models import Schedule
from watchbill.provisioning.plan import Change, Plan

OF_A_SCHEDULE = ("schedule", "override", "temporary schedule")
OF_A_PERSON = ("user", "time off")


class Advising:
    """Made before the plan is carried out; `told` afterwards."""

    def __init__(self, plan: Plan, *, now: datetime) -> None:
        self._touching = _touching(plan.changes)
        self._watch = Watch(self._ids(), now=now)

    def told(self) -> tuple[Told, ...]:
        """Errors first, and of them first those that the apply causes."""
        found = self._watch.told(self._ids())
        return tuple(sorted(found, key=lambda one: (one.finding.level, not one.new)))

    def _ids(self) -> list[int]:
        return list(
            Schedule.objects.filter(self._touching, retired_at=None).values_list("pk", flat=True).distinct()
        )


def _touching(changes: Iterable[Change]) -> Q:
    """The schedules that are named, those that name a person who is, and those of a team that is."""
    named: dict[str, set[str]] = {}
    for change in changes:
        named.setdefault(change.kind, set()).add(change.identity[0])
    schedules = {name for kind in OF_A_SCHEDULE for name in named.get(kind, ())}
    people = {name for kind in OF_A_PERSON for name in named.get(kind, ())}
    return (
        Q(name__in=schedules)
        | Q(versions__participants__username__in=people)
        | Q(team__name__in=named.get("team", set()))
    )
