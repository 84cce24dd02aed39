"""What every verb of pay asks first: whether this person decides it, and whether the month is open."""

from datetime import date, datetime

from oncall.actions.refusal import Overtaken, Refused, text
from oncall.compensation.core.months import first_of, in_words
from oncall.compensation.models import Statement
from oncall.compensation.selectors import manages
from people.ledger.record import Actor, Line, record
from people.ledger.verbs import Verb
from people.models import User

FIRST_YEAR, LAST_YEAR = 1970, 2199
LONGEST_WHY = 400
"""Shorter than its column: what a month's line says beside it has to fit, too."""
PAY = "pay"
"""What the ledger's entries about pay are about: one person's, by their id. Only those who may see their pay
see them."""

State = Statement.State


def check_month(month: date) -> date:
    """Raises Refused for what is no first day of a month, or is no month that is paid."""
    if month != first_of(month):
        raise Refused(f"A month is named by its first day; write {first_of(month)} instead of {month}.")
    if not FIRST_YEAR <= month.year <= LAST_YEAR:
        raise Refused(
            f"{in_words(month)} is no month that is paid; write one of {FIRST_YEAR} to {LAST_YEAR}."
        )
    return month


def check_decides(by: Actor, user: User, *, month: date | None, what: str) -> User:
    """Who decides. Raises Refused for the person paid, and for whoever manages no team of theirs; `what`
    completes “Nobody ... their own pay”: approves, locks, adjusts.
    """
    if by.user is None:
        raise Refused(f"{by.name} is no person, and only a person {what} pay.")
    if by.user.pk == user.pk:
        raise Refused(
            f"Nobody {what} their own pay; ask another manager of one of your teams, or an administrator."
        )
    if not manages(by.user, user, month=month):
        raise Refused(
            f"Only managers of a team of {user}'s, and administrators, do that; nobody else {what}."
        )
    return by.user


def check_open(user: User, month: date) -> None:
    """Raises Refused where the month's statement is approved or locked. Holds the statement's lock, where
    there is one: until the end of the transaction nobody approves it.
    """
    row = Statement.objects.select_for_update(no_key=True).filter(user=user, month=month).first()
    if row is None or row.state == State.DRAFT:
        return
    if row.state == State.LOCKED:
        raise Refused(f"{row} is locked and does not change; take the first month after it that is not.")
    raise Refused(f"{row} is approved; return it to a draft first, or take a later month.")


def locked_row(statement: Statement) -> Statement:
    """The row as it stands, under a lock: until the end of the transaction nobody else moves it."""
    rows = Statement.objects.select_for_update(of=("self",), no_key=True).select_related(
        "user", "approved_by"
    )
    return rows.get(pk=statement.pk)


def why_of(value: str, *, what: str = "reason") -> str:
    """Raises Refused without any, or with too much."""
    cleaned = text(value, what=what, limit=LONGEST_WHY)
    if not cleaned:
        raise Refused(f"Say why: the {what} is empty.")
    return cleaned


def overtaken(row: Statement) -> Overtaken:
    """Somebody was quicker: how the statement stands now."""
    match row.state:
        case State.LOCKED:
            return Overtaken(f"{row} is locked since {_when(row.locked_at)} and does not change any more.")
        case State.APPROVED:
            return Overtaken(f"{row} is approved already, by {row.approved_by} on {_when(row.approved_at)}.")
        case _:
            return Overtaken(f"{row} is a draft; approve it first.")


def record_pay(
    verb: Verb, user: User, what: str, *, by: Actor, now: datetime, why: str = "", **data: object
) -> None:
    record([Line(verb, (PAY, user.pk), by, what, why=why, data=data)], now=now)


def _when(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "an unknown day"
