"""Handoffs as pages and programs list them, and who may do what about one."""

from datetime import datetime
from enum import StrEnum

from django.db.models import Prefetch, Q, QuerySet

from oncall.handoffs.telling import NOTE_STAYS_OPEN
from oncall.models import Handoff, HandoffPerson
from people.models import User
from people.permissions import may_edit_team

IN, OUT = HandoffPerson.Side.IN, HandoffPerson.Side.OUT


class State(StrEnum):
    PLANNED = "planned"
    OPEN = "open"
    """It happened, and waits to be confirmed."""
    CONFIRMED = "confirmed"
    PASSED = "passed"
    """It happened and asked nobody to confirm it."""
    CANCELLED = "cancelled"


WHERE = {
    State.PLANNED: Q(recorded_at=None, cancelled_at=None),
    State.OPEN: Q(recorded_at__isnull=False, asks=True, confirmed_at=None),
    State.CONFIRMED: Q(confirmed_at__isnull=False),
    State.PASSED: Q(recorded_at__isnull=False, asks=False, confirmed_at=None),
    State.CANCELLED: Q(recorded_at=None, cancelled_at__isnull=False),
}


def state_of(handoff: Handoff) -> State:
    if handoff.confirmed_at is not None:
        return State.CONFIRMED
    if handoff.recorded_at is None:
        return State.PLANNED if handoff.cancelled_at is None else State.CANCELLED
    return State.OPEN if handoff.asks else State.PASSED


def handoffs() -> QuerySet[Handoff]:
    """Every handoff with what a list shows, the latest first."""
    people = Prefetch("people", HandoffPerson.objects.select_related("user").order_by("pk"))
    rows = Handoff.objects.select_related("schedule__team", "noted_by", "confirmed_by")
    return rows.prefetch_related(people).order_by("-at", "-pk")


def people_of(handoff: Handoff, side: HandoffPerson.Side) -> list[User]:
    return [person.user for person in handoff.people.all() if person.side == side]


def next_of(user: User) -> QuerySet[Handoff]:
    """The handoffs ahead at which they come on or go off, the next first."""
    return _of(user, IN, OUT).filter(WHERE[State.PLANNED]).order_by("at", "pk")


def to_note(user: User, *, now: datetime) -> QuerySet[Handoff]:
    """Those whose note they were asked for and have not written."""
    asked = HandoffPerson.objects.filter(user=user, side=OUT, asked_at__isnull=False)
    open_ones = handoffs().filter(asks=True, noted_at=None, confirmed_at=None, cancelled_at=None)
    return open_ones.filter(pk__in=asked.values("handoff"), at__gt=now - NOTE_STAYS_OPEN).order_by("at", "pk")


def to_confirm(user: User) -> QuerySet[Handoff]:
    return _of(user, IN).filter(WHERE[State.OPEN]).order_by("at", "pk")


def last_of(user: User) -> QuerySet[Handoff]:
    return _of(user, IN, OUT).filter(recorded_at__isnull=False)


def may_note(user: User, handoff: Handoff) -> bool:
    """Who goes off, and managers of the schedule's team."""
    return user in people_of(handoff, OUT) or may_edit_team(user, handoff.schedule.team)


def may_confirm(user: User, handoff: Handoff) -> bool:
    """Who comes on, and managers of the schedule's team."""
    return user in people_of(handoff, IN) or may_edit_team(user, handoff.schedule.team)


def _of(user: User, *sides: HandoffPerson.Side) -> QuerySet[Handoff]:
    mine = HandoffPerson.objects.filter(user=user, side__in=sides)
    return handoffs().filter(pk__in=mine.values("handoff"))
