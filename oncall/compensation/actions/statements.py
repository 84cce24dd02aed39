"""Statements: drafts are made and renewed, approved by somebody else, returned, and locked for good."""

from collections.abc import Callable, Collection
from datetime import date, datetime
from itertools import islice

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused
from oncall.compensation.actions.checks import (
    check_decides,
    check_month,
    locked_row,
    overtaken,
    record_pay,
    why_of,
)
from oncall.compensation.actions.drafting import renew
from oncall.compensation.actions.reconciling import reconcile
from oncall.compensation.core.months import in_words, month_before, next_month
from oncall.compensation.currencies import shown
from oncall.compensation.models import Statement
from oncall.compensation.reckoning import Owed, reckoned
from oncall.compensation.selectors import NOTHING, Totals, fingerprint, lines_of, open_disputes, totals_of
from people.ledger.record import Actor
from people.ledger.verbs import Verb

AT_ONCE = 50
"""People whose drafts are written in one transaction: where a database has one writer, pages wait for it."""
State = Statement.State


def refresh(
    *,
    user_ids: Collection[int],
    month: date,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Make or renew these people's drafts of the month that `month` begins; how many say something else now.

    Everybody who carried or is owed anything has one; what is approved or locked stays as it is. Before, a
    locked month before it, and this month where it is locked, are reckoned anew (see `reconcile`). Doing it
    again changes nothing, and it may be done by several at once. `progress` hears how many more people are
    done. Raises Refused for what is no month.
    """
    check_month(month)
    ids = list(dict.fromkeys(user_ids))
    closed = set(_of(ids, month).exclude(state=State.DRAFT).values_list("user_id", flat=True))
    going = [pk for pk in ids if pk not in closed]
    reconcile(user_ids=sorted(closed), month=month, now=now)
    reconcile(user_ids=going, month=month_before(month), now=now)
    progress(len(closed))
    owed = reckoned(going, since=month, until=next_month(month), now=now, progress=progress)
    everybody, changed = iter(owed.items()), 0
    while some := dict(islice(everybody, AT_ONCE)):
        with transaction.atomic():
            changed += len(renew(some, month=month, now=now))
    return changed


def approve(*, statement: Statement, by: Actor, now: datetime, seen: str = "") -> Statement:
    """Somebody who manages a team of the person, and is not the person, says that it is right.

    It is reckoned once more first. `seen` is the `selectors.fingerprint` of the lines that were looked at:
    where they say something else now, nothing is approved, the draft is left as it is now, and Overtaken
    says so. Raises Refused: the person paid, a stranger, a month that is not over.
    """
    with transaction.atomic():
        row = locked_row(statement)
        approver = check_decides(by, row.user, month=row.month, what="approves")
        if row.state != State.DRAFT:
            raise overtaken(row)
        mine = _owed(row, now)
        _check_over(row, mine, now)
        _renew(row, mine, now)
        changed = bool(seen) and fingerprint(lines_of(row)) != seen
        if not changed:
            row.state, row.approved_at, row.approved_by = State.APPROVED, now, approver
            row.save(update_fields=["state", "approved_at", "approved_by"])
            _record(Verb.STATEMENT_APPROVED, row, "is approved", by=by, now=now)
    if changed:
        raise Overtaken(f"{row} is not approved: it changed after you looked at it. Look at it once more.")
    return row


def back_to_draft(*, statement: Statement, why: str, by: Actor, now: datetime) -> Statement:
    """What was approved is reckoned anew from now on, until it is approved again. Raises Refused: without a
    reason, by the person paid, by a stranger, when it is locked.
    """
    said = why_of(why)
    with transaction.atomic():
        row = locked_row(statement)
        check_decides(by, row.user, month=row.month, what="returns")
        if row.state == State.DRAFT:
            raise Overtaken(f"{row} is a draft already.")
        if row.state == State.LOCKED:
            raise overtaken(row)
        row.state, row.approved_at, row.approved_by = State.DRAFT, None, None
        row.save(update_fields=["state", "approved_at", "approved_by"])
        _record(Verb.STATEMENT_RETURNED, row, "is a draft again", by=by, now=now, why=said)
        _renew(row, _owed(row, now), now)
    return row


def lock(*, statement: Statement, by: Actor, now: datetime) -> Statement:
    """It is paid as it stands, and never changes again. Raises Refused: not approved, an open dispute, the
    person paid, a stranger.
    """
    with transaction.atomic():
        row = locked_row(statement)
        who = check_decides(by, row.user, month=row.month, what="locks")
        if row.state != State.APPROVED:
            raise overtaken(row)
        disputed = open_disputes(row).first()
        if disputed is not None:
            raise Refused(
                f"{row} is not locked: {row.user} disputes “{disputed.line}”. Accept or decline that first."
            )
        row.state, row.locked_at, row.locked_by = State.LOCKED, now, who
        row.save(update_fields=["state", "locked_at", "locked_by"])
        _record(Verb.STATEMENT_LOCKED, row, "is locked", by=by, now=now)
    return row


def _of(ids: Collection[int], month: date):  # type: ignore[no-untyped-def]  # a queryset
    return Statement.objects.filter(user__in=ids, month=month)


def _owed(row: Statement, now: datetime) -> Owed:
    found = reckoned([row.user_id], since=row.month, until=next_month(row.month), now=now)
    return found[row.user_id]


def _renew(row: Statement, mine: Owed, now: datetime) -> None:
    """Of one whose lock is held, so that nothing later can have been written meanwhile."""
    at = max(now, row.reckoned_at)
    renew({row.user_id: mine}, month=row.month, now=at)
    row.refresh_from_db(fields=["warnings", "reckoned_at"])


def _check_over(row: Statement, mine: Owed, now: datetime) -> None:
    end = mine.staged.whole.end
    if now < end:
        zone = mine.staged.zone
        raise Refused(
            f"{row} is not over: it ends {end.astimezone(zone):%Y-%m-%d %H:%M} ({zone}). Approve it then."
        )


def _record(verb: Verb, row: Statement, became: str, *, by: Actor, now: datetime, why: str = "") -> None:
    totals: Totals = totals_of([row]).get(row.pk, NOTHING)
    record_pay(
        verb,
        row.user,
        f"{in_words(row.month)} of {row.user} {became}: {totals}",
        by=by,
        now=now,
        why=why,
        statement=row.pk,
        month=row.month.isoformat(),
        amounts={currency: shown(amount, currency) for currency, amount in totals.amounts.items()},
        lieu_minutes=totals.lieu_minutes,
    )
