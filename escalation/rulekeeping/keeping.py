"""What time brings to rules: their owners are told of the end before and at it, a trial's of its pages each
morning; a rule that nobody answers for ends. Each of it once.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from escalation import targets
from escalation.actions.rules import WARNED_BEFORE, Kind, close_rule, end_rule
from escalation.core.forecast import next_morning
from escalation.models import AlertRule
from escalation.rulekeeping import letters
from escalation.rulekeeping.outlook import outlook
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from people.ledger.record import ENGINE

Letter = Callable[[AlertRule, datetime], Notice]


def keep_due(*, clock: Callable[[], datetime], limit: int) -> int:
    """See to what is due, `limit` of each kind at most; how many it was. Safe in many workers at once."""
    now = clock()
    rules = AlertRule.objects.select_related("service__team", "owner").order_by("ends_at", "pk")
    running = rules.filter(ended_at=None, ends_at__gt=now)
    left = list(running.filter(owner__is_active=False)[:limit])
    soon = running.filter(warned_at=None, ends_at__lte=now + WARNED_BEFORE, owner__is_active=True)
    over = rules.filter(Q(ended_at__isnull=False) | Q(ends_at__lte=now), told_at=None)
    mornings = running.filter(kind=Kind.TRIAL, tell_at__lte=now, owner__is_active=True)
    for rule in left:
        _let_go(rule, now)
    return (
        len(left)
        + _each(soon, limit, partial(_warn, now=now))
        + _each(over, limit, partial(_tell_of_the_end, now=now))
        + _each(mornings, limit, partial(_tell_of_the_morning, now=now))
    )


def _each(rules: QuerySet[AlertRule], limit: int, do: Callable[[AlertRule], None]) -> int:
    found = list(rules[:limit])
    for rule in found:
        do(rule)
    return len(found)


@transaction.atomic
def _let_go(rule: AlertRule, now: datetime) -> None:
    """Nobody keeps a rule that nobody answers for: it ends, and the team's managers hear of it."""
    if end_rule(rule=rule, by=ENGINE, now=now, why=f"{rule.owner}, who answered for it, has left"):
        team = rule.service.team_id
        managers = targets.managers([team]).get(team, []) if team else []
        _tell(rule, [one.user for one in managers], "left", notice=letters.left(rule), now=now)
        AlertRule.objects.filter(pk=rule.pk).update(told_at=now)


@transaction.atomic
def _warn(rule: AlertRule, *, now: datetime) -> None:
    held = _held(rule, warned_at=None, ended_at=None)
    if held is not None:
        _tell(
            held,
            [held.owner_id],
            f"ends.{held.ends_at:%Y%m%d%H%M%S}",
            notice=letters.ends_soon(held),
            now=now,
        )
        _set(held, warned_at=now)


def _tell_of_the_end(rule: AlertRule, *, now: datetime) -> None:
    close_rule(rule=rule, now=now)
    with transaction.atomic():
        held = _held(rule, told_at=None, ended_at__isnull=False)
        if held is not None:
            found = outlook(held, now=now) if held.kind == Kind.TRIAL else None
            _tell(held, [held.owner_id], "over", notice=letters.over(held, found), now=now)
            _set(held, told_at=now)


@transaction.atomic
def _tell_of_the_morning(rule: AlertRule, *, now: datetime) -> None:
    """After an outage the mornings that are past are left out."""
    held = _held(rule, tell_at=rule.tell_at, ended_at=None)
    if held is not None:
        said = letters.morning(held, outlook(held, now=now))
        _tell(held, [held.owner_id], f"morning.{held.tell_at:%Y%m%d%H%M}", notice=said, now=now)
        _set(held, tell_at=next_morning(now, ZoneInfo(held.owner.time_zone)))


def _held(rule: AlertRule, **still: object) -> AlertRule | None:
    """The row, locked, if it is still so; whoever holds it sees to it."""
    rows = AlertRule.objects.select_for_update(skip_locked=True, of=("self",))
    return rows.select_related("service__team", "owner").filter(pk=rule.pk, **still).first()


def _set(rule: AlertRule, **values: datetime) -> None:
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save(update_fields=list(values))


def _tell(rule: AlertRule, users: Sequence[int], run: str, *, notice: Notice, now: datetime) -> None:
    requests = [
        NoticeRequest(user_id=user, cause=f"rule:{rule.pk}", run=run, notice=notice, quiet=True)
        for user in users
    ]
    tell(requests=requests, now=now)
