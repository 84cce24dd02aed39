"""What a handoff is about: whose shift ends, since when it was theirs, and of which services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.db.models import Q

from escalation.models import Service
from oncall.core.handoff import stints
from oncall.models import Handoff, HandoffPerson, Schedule, ScheduleVersion
from oncall.selectors import final_shifts
from paging.selectors import Paged, paged_between

LOOK_BACK = timedelta(days=35)
"""Of a shift that is longer than this, only so much is told."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """`since` is when the shift of each outgoing person began; `services` are those whose policy names the
    schedule, and those of its team. `until` is the handoff, or now while that lies ahead.
    """

    handoff: Handoff
    now: datetime
    zone: ZoneInfo
    since: Mapping[int, datetime]
    services: Mapping[int, Service]

    @property
    def until(self) -> datetime:
        return min(self.now, self.handoff.at)

    @property
    def began(self) -> datetime:
        return min(self.since.values(), default=self.until)

    @cached_property
    def paged(self) -> Sequence[Paged]:
        """What paged the outgoing people during their own shifts; notices are none."""
        found = paged_between(list(self.since), since=self.began, until=self.until)
        return [one for one in found if one.at >= self.since[one.user]]

    def at(self, moment: datetime) -> str:
        """An instant as the note says it: in the schedule's zone, since many read the same note."""
        local = moment.astimezone(self.zone)
        return f"{local:%a} {local.day} {local:%b %H:%M %Z}"


def scope_of(handoff: Handoff, *, now: datetime) -> Scope:
    return Scope(
        handoff=handoff,
        now=now,
        zone=_zone(handoff.schedule, now),
        since=_since(handoff),
        services={service.pk: service for service in _services(handoff.schedule)},
    )


def _since(handoff: Handoff) -> dict[int, datetime]:
    outgoing = handoff.people.filter(side=HandoffPerson.Side.OUT).order_by("pk")
    users = list(outgoing.values_list("user", flat=True))
    first = handoff.at - LOOK_BACK
    carried = stints(final_shifts(handoff.schedule, since=first, until=handoff.at, role=handoff.role))
    began = {one.user: max(one.start, first) for one in carried if one.end >= handoff.at}
    return {user: began.get(user, first) for user in users}


def _services(schedule: Schedule) -> Sequence[Service]:
    asked = Q(policy__steps__targets__schedule=schedule)
    if schedule.team_id is not None:
        asked |= Q(team=schedule.team_id)
    return list(Service.objects.filter(asked).distinct().order_by("name"))


def _zone(schedule: Schedule, now: datetime) -> ZoneInfo:
    versions = ScheduleVersion.objects.filter(schedule=schedule, effective_from__lte=now)
    name = versions.order_by("-effective_from").values_list("time_zone", flat=True).first()
    return ZoneInfo(name or "UTC")
