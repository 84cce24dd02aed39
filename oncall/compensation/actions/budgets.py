"""What teams may spend on being on call. A budget limits nothing; it is what actuals are held against."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q

from oncall.actions.refusal import Overtaken, Refused
from oncall.compensation.actions.guarding import locked_months, month_after
from oncall.compensation.currencies import check_currency, shown
from oncall.compensation.models import PayBudget
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import Membership, PastMembership, Team

MOST = Decimal(10) ** 10
FINEST = -4


def set_budget(
    *, team: Team, since: date, amount: Decimal, currency: str, by: Actor, now: datetime
) -> PayBudget | None:
    """So much a month from the month that begins with `since` on, until the next one in that currency says
    otherwise; None when it says that already.

    Raises Refused for what is no first of a month, no currency and no amount, and where a month that it is
    about is locked for somebody who was in the team.
    """
    _check(since, amount, currency)
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)  # two budgets of one team are written one by one
        row = PayBudget.objects.filter(team=team, since=since, currency=currency).first()
        if row is not None and row.amount == amount:
            return None
        _check_locked(team, since, currency)
        before = "" if row is None else f", {shown(row.amount, currency)} before"
        row, _ = PayBudget.objects.update_or_create(
            team=team, since=since, currency=currency, defaults={"amount": amount}
        )
        what = f"{shown(amount, currency)} {currency} a month for {team} from {since} on{before}"
        _record(row, what, by=by, now=now)
    return row


def remove_budget(*, budget: PayBudget, by: Actor, now: datetime) -> None:
    """The one before it goes on. Raises Refused as `set_budget` does."""
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=budget.team_id)
        row = PayBudget.objects.filter(pk=budget.pk).select_related("team").first()
        if row is None:
            raise Overtaken("That budget was taken away before.")
        _check_locked(row.team, row.since, row.currency)
        _record(row, f"no budget in {row.currency} for {row.team} from {row.since} on", by=by, now=now)
        row.delete()


def _check(since: date, amount: Decimal, currency: str) -> None:
    if since.day != 1:
        raise Refused(f"A budget is of whole months; write {since.replace(day=1)} or {month_after(since)}.")
    try:
        check_currency(currency)
    except ValueError as fault:
        raise Refused(str(fault)) from None
    if not amount.is_finite() or not 0 <= amount < MOST or int(amount.as_tuple().exponent) < FINEST:
        raise Refused(f"“{amount}” is no budget; write 0 or more, with at most ten digits and four decimals.")


def _check_locked(team: Team, since: date, currency: str) -> None:
    """From this month until the next budget, nobody who was in the team has a month that is locked."""
    after = PayBudget.objects.filter(team=team, currency=currency, since__gt=since).order_by("since").first()
    members = set(Membership.objects.filter(team=team).values_list("user_id", flat=True))
    members |= set(PastMembership.objects.filter(Q(team=team)).values_list("user_id", flat=True))
    locked = [
        month
        for month, users in locked_months(since=since).items()
        if members & set(users) and (after is None or month < after.since)
    ]
    if locked:
        raise Refused(
            f"{max(locked):%B %Y} is locked for people of {team}, and this would change the budget that it "
            f"was held against. Write one from {month_after(max(locked))} on."
        )


def _record(row: PayBudget, what: str, *, by: Actor, now: datetime) -> None:
    data = {"since": row.since.isoformat(), "amount": str(row.amount), "currency": row.currency}
    record([Line(Verb.PAY_BUDGET_SET, ("team", row.team_id), by, what, data=data)], now=now)
