"""What is added to a month, or taken from it, and why."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused
from oncall.compensation.actions.checks import check_decides, check_month, check_open, record_pay, why_of
from oncall.compensation.actions.drafting import renew
from oncall.compensation.core.months import in_words, next_month
from oncall.compensation.currencies import check_currency, shown, smallest
from oncall.compensation.models import Adjustment
from oncall.compensation.reckoning import reckoned
from people.ledger.record import Actor
from people.ledger.verbs import Verb
from people.models import User

MOST = Decimal(10**9)
MOST_MINUTES = 366 * 24 * 60


def adjust(  # noqa: PLR0913 - the words of one adjustment
    *,
    user: User,
    month: date,
    amount: Decimal,
    currency: str,
    why: str,
    about: date | None = None,
    lieu_minutes: int = 0,
    by: Actor,
    now: datetime,
) -> Adjustment:
    """Add `amount`, with a minus take it away, and `lieu_minutes` likewise, in the month that `month` begins.

    `about` is the month it makes good. Its draft says so at once. Raises Refused: without a reason, an
    unknown currency, no multiple of its smallest amount, a month that is approved or locked, the person paid,
    a stranger.
    """
    check_month(month)
    if about is not None:
        check_month(about)
    said = why_of(why)
    _check_amount(amount, currency, lieu_minutes)
    with transaction.atomic():
        locked_person(user)
        who = check_decides(by, user, month=about or month, what="adjusts")
        check_open(user, month, now=now)
        made = Adjustment.objects.create(
            user=user,
            month=month,
            about=about,
            amount=amount,
            currency=currency,
            lieu_minutes=lieu_minutes,
            why=said,
            created_at=now,
            created_by=who,
        )
        _record(Verb.ADJUSTMENT_ADDED, made, by=by, now=now, why=said)
        _refresh(made, now)
    return made


def cancel_adjustment(*, adjustment: Adjustment, by: Actor, now: datetime) -> Adjustment:
    """Take it back, while its month is open. Raises Refused: approved or locked, one that Watchbill
    found, the person paid, a stranger.
    """
    with transaction.atomic():
        locked_person(adjustment.user)
        row = Adjustment.objects.select_related("user").get(pk=adjustment.pk)
        check_decides(by, row.user, month=row.about or row.month, what="adjusts")
        if row.cancelled_at is not None:
            raise Overtaken(f"{row} was cancelled on {row.cancelled_at:%Y-%m-%d %H:%M} UTC.")
        if row.found:
            raise Refused(
                f"{row} was found by reckoning {in_words(row.about or row.month)} anew: it would be found "
                "again. Enter an adjustment of your own against it."
            )
        check_open(row.user, row.month, now=now)
        row.cancelled_at = now
        row.save(update_fields=["cancelled_at"])
        _record(Verb.ADJUSTMENT_CANCELLED, row, by=by, now=now, why=row.why)
        _refresh(row, now)
    return row


def locked_person(user: User) -> None:
    """Until the end of the transaction nobody else adjusts, or takes off, what is this person's. It keeps
    nobody from paging them.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _check_amount(amount: Decimal, currency: str, lieu_minutes: int) -> None:
    try:
        check_currency(currency)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    unit = smallest(currency)
    if not amount.is_finite() or abs(amount) > MOST:
        raise Refused(f"The amount is {amount}; write one of at most {MOST} {currency}.")
    if amount % unit:
        raise Refused(f"{amount:f} {currency} cannot be paid: the smallest amount is {unit} {currency}.")
    if abs(lieu_minutes) > MOST_MINUTES:
        raise Refused(f"{lieu_minutes} minutes in lieu are more than a year; write at most {MOST_MINUTES}.")
    if not amount and not lieu_minutes:
        raise Refused("It changes nothing: give an amount, or minutes in lieu.")


def _refresh(row: Adjustment, now: datetime) -> None:
    found = reckoned([row.user_id], since=row.month, until=next_month(row.month), now=now)
    renew(found, month=row.month, now=now)


def _record(verb: Verb, row: Adjustment, *, by: Actor, now: datetime, why: str) -> None:
    lieu = f" and {row.lieu_minutes:+} min in lieu" if row.lieu_minutes else ""
    record_pay(
        verb,
        row.user,
        f"{shown(row.amount, row.currency)} {row.currency}{lieu} for {row.user} in {in_words(row.month)}"
        + (" is cancelled" if row.cancelled_at else ""),
        by=by,
        now=now,
        why=why,
        adjustment=row.pk,
        month=row.month.isoformat(),
        about=row.about.isoformat() if row.about else None,
        amount=shown(row.amount, row.currency),
        currency=row.currency,
        lieu_minutes=row.lieu_minutes,
    )
