"""Overrides: laid over the base shifts, ended once they have begun, cancelled before."""

from datetime import UTC, datetime, tzinfo
from typing import cast

from django.db import transaction

from oncall.actions.refusal import Refused, sentence_of_span, text
from oncall.actions.spans import changed, check_role, checked_start, locked, roster_around
from oncall.core import override as core
from oncall.core.final import Roster
from oncall.models import Override, Schedule, Swap
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

SAID = {
    "cover": "{user} covers {role}",
    "replace": "{user} replaces {instead_of} in {role}",
    "add": "{user} is added to {role}",
    "remove": "{user} is taken off {role}",
}


def add_override(  # noqa: PLR0913 - the words of one request
    *,
    schedule: Schedule,
    role: str,
    kind: str = Override.Kind.COVER,
    start: datetime,
    end: datetime,
    user: User,
    instead_of: User | None = None,
    reason: str = "",
    over_temporary: bool | None = None,
    swap: Swap | None = None,
    by: Actor,
    now: datetime,
    founding: bool = False,
) -> Override:
    """Put `user` (or, by `remove`, take them off) `role` from `start` to `end`, aware instants.

    A start up to five minutes ago becomes `now`; an earlier one is refused unless `founding`, which only
    the apply that creates the schedule may say. Refused as well: one longer than 366 days; of two covers of
    one role that are in force at once, and of two others of one kind about the same person, the one that is
    made later, also when two requests race. It applies to
    the temporary schedules that stand there already, unless `over_temporary` says otherwise. Raises Refused.
    """
    _check_words(kind, user, instead_of)
    if sentence := core.too_long(start, end):
        raise Refused(sentence)
    with transaction.atomic():
        schedule = locked(schedule)
        start = checked_start(start, end, now=now, founding=founding)
        roster = roster_around(schedule, start, end, now)
        check_role(role, roster, schedule)
        if end > now and not user.is_active and kind != Override.Kind.REMOVE:
            raise Refused(f"{user} is deactivated and cannot be put on call; name somebody else.")
        row = Override(
            schedule=schedule,
            role=role,
            kind=kind,
            start=start,
            end=end,
            user=user,
            instead_of=instead_of,
            reason=text(reason, what="reason", limit=200),
            over_temporary=_meets(roster, start, end) if over_temporary is None else over_temporary,
            swap=swap,
            created_at=now,
            created_by=by.user,
        )
        _check_free(row, roster)
        row.save()
        changed(schedule, now=now)
        _record(Verb.OVERRIDE_CREATED, row, _said(row, roster.versions[-1].zone), by=by, now=now)
    return row


def end_override(*, override: Override, by: Actor, now: datetime) -> Override:
    """End an override that has begun: what was carried stays, from `now` on the base shifts stand again.

    Raises Refused for one that has not begun, is over, or was cancelled.
    """
    with transaction.atomic():
        row = _locked(override)
        if row.start >= now:
            raise Refused(f"{row} has not begun; cancel it instead.")
        if row.end <= now:
            raise Refused(f"{row} ended at {row.end.astimezone(UTC):%Y-%m-%d %H:%M} UTC and stays as it was.")
        row.end = now
        row.save(update_fields=["end"])
        changed(row.schedule, now=now)
        _record(Verb.OVERRIDE_ENDED, row, f"{row} ended", by=by, now=now)
    return row


def cancel_override(*, override: Override, by: Actor, now: datetime) -> Override:
    """Take back an override that has not begun. Raises Refused for one that has, or was cancelled before."""
    with transaction.atomic():
        row = _locked(override)
        if row.start < now:
            raise Refused(f"{row} has begun, and who was on call stays as it was; end it instead.")
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        changed(row.schedule, now=now)
        _record(Verb.OVERRIDE_CANCELLED, row, f"{row} cancelled", by=by, now=now)
    return row


def _locked(override: Override) -> Override:
    locked(override.schedule)
    row = Override.objects.select_related("schedule", "user").get(pk=override.pk)
    if row.cancelled_at is not None:
        raise Refused(f"{row} was cancelled at {row.cancelled_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC.")
    return row


def _check_words(kind: str, user: User, instead_of: User | None) -> None:
    if kind not in Override.Kind.values:
        raise Refused(f"“{kind}” is not a kind of override; write {', '.join(Override.Kind.values)}.")
    if kind == Override.Kind.REPLACE and instead_of is None:
        raise Refused("A replace needs to know whom it replaces; name them in instead_of.")
    if kind != Override.Kind.REPLACE and instead_of is not None:
        raise Refused(f"Only a replace names whom it is instead of; leave instead_of out of a {kind}.")
    if instead_of is not None and instead_of.pk == user.pk:
        raise Refused(f"{user} cannot replace themselves; name somebody else.")


def _meets(roster: Roster, start: datetime, end: datetime) -> bool:
    return any(temporary.start < end and temporary.end > start for temporary in roster.temporaries)


def _check_free(row: Override, roster: Roster) -> None:
    """Holding the schedule's lock proves that no other override appears between this look and the write."""
    kind = cast("core.Kind", row.kind)
    wish = core.Override(
        row.role,
        kind,
        row.start,
        row.end,
        row.user_id,
        row.instead_of_id,
        over_temporary=row.over_temporary,
    )
    found = core.in_the_way(wish, roster.overrides, roster.temporaries)
    if found is None:
        return
    other = Override.objects.select_related("user", "instead_of").get(pk=found.number)
    said = _said(other, roster.versions[-1].zone)
    raise Refused(
        f"{said} already (override {other.pk}); end or cancel that one first, or choose another time."
    )


def _said(row: Override, zone: tzinfo) -> str:
    who = SAID[row.kind].format(user=row.user, instead_of=row.instead_of, role=row.role)
    return f"{who} {sentence_of_span(row.start, row.end, zone)}"


def _record(verb: Verb, row: Override, what: str, *, by: Actor, now: datetime) -> None:
    subject = ("schedule", row.schedule_id)
    data = {"override": row.pk, "role": row.role, "kind": row.kind, "user": row.user_id}
    span = {"start": row.start.isoformat(), "end": row.end.isoformat(), "instead_of": row.instead_of_id}
    record([Line(verb, subject, by, what, why=row.reason, data=data | span)], now=now)
