"""The person paid says that a line is wrong, and those who approve it answer: a thread, with an end."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.actions import refusal
from oncall.actions.refusal import Overtaken, Refused
from oncall.compensation.actions import pay_news
from oncall.compensation.actions.adjustments import adjust, locked_person
from oncall.compensation.actions.checks import LONGEST_WHY, check_decides, locked_row, record_pay
from oncall.compensation.actions.reconciling import first_open, in_a_sentence
from oncall.compensation.core.months import in_words
from oncall.compensation.models import Adjustment, Dispute, DisputeMessage, Statement, StatementLine
from people.ledger.record import Actor
from people.ledger.verbs import Verb
from people.models import User

LONGEST = 4000
LINE = 500
State = Dispute.State


def dispute(*, statement: Statement, line: StatementLine, text: str, by: Actor, now: datetime) -> Dispute:
    """The person paid says what is wrong about `line`; those who may approve their pay are told.

    Also of a statement that is approved or locked: then an adjustment makes good what is wrong. Raises
    Refused: somebody else's statement, a line of another one, without words, disputed already.
    """
    said = _words(text)
    with transaction.atomic():
        row = locked_row(statement)
        person = _person(by)
        if person.pk != row.user_id:
            raise Refused(f"Only {row.user} disputes a line of {row}; adjust it instead.")
        if line.statement_id != row.pk or not StatementLine.objects.filter(pk=line.pk).exists():
            raise Overtaken(f"{row} has no such line any more; look at it once more.")
        named = in_a_sentence(line, ZoneInfo(row.user.time_zone))[:LINE]
        about = {"statement": row, "kind": line.kind, "start": line.start, "line": named}
        if Dispute.objects.filter(**about, state=State.OPEN).exists():
            raise Refused(f"You dispute this line already; write into the thread about it: {named}.")
        made = Dispute.objects.create(**about, opened_at=now)
        DisputeMessage.objects.create(dispute=made, by=person, at=now, text=said)
        _record(Verb.DISPUTE_OPENED, made, f"{person} disputes a line of {in_words(row.month)}: {named}",
                by=by, now=now, why=said)  # fmt: skip
        pay_news.opened(made, now=now)
    return made


def answer(*, dispute: Dispute, text: str, by: Actor, now: datetime) -> DisputeMessage:
    """Write into the thread, as the person paid or as one who may approve their pay; the other side is told.

    Raises Refused: a stranger, without words, when it is closed.
    """
    said = _words(text)
    with transaction.atomic():
        row, person = _open(dispute), _person(by)
        if person.pk != row.statement.user_id:
            check_decides(by, row.statement.user, month=row.statement.month, what="answers about")
        message = DisputeMessage.objects.create(dispute=row, by=person, at=now, text=said)
        _record(Verb.DISPUTE_ANSWERED, row, f"{person} wrote about “{row.line}”", by=by, now=now, why=said)
        pay_news.answered(row, by=person, number=message.pk, now=now)
    return message


def close(  # noqa: PLR0913 - the words of an end
    *,
    dispute: Dispute,
    state: str,
    text: str = "",
    amount: Decimal | None = None,
    currency: str = "",
    lieu_minutes: int = 0,
    by: Actor,
    now: datetime,
) -> Dispute:
    """`state` is accepted or declined, by one who may approve the person's pay, with words for them; or
    withdrawn, by the person.

    With `amount` and `currency`, or `lieu_minutes`, accepting it makes the adjustment in the same breath, in
    the first open month after the statement's, or in that month while it is a draft. A statement that is
    approved or locked needs one, here or made since the dispute was opened. Raises Refused.
    """
    said = _words(text, needed=state != State.WITHDRAWN)
    with transaction.atomic():
        row, person = _open(dispute), _person(by)
        _check_end(row, state, by)
        if state == State.ACCEPTED:
            _make_good(row, said, amount, currency, lieu_minutes, by=by, now=now)
        if said:
            DisputeMessage.objects.create(dispute=row, by=person, at=now, text=said)
        row.state, row.closed_at, row.closed_by = state, now, person
        row.save(update_fields=["state", "closed_at", "closed_by"])
        _record(Verb.DISPUTE_CLOSED, row, f"“{row.line}” is {state}", by=by, now=now, why=said)
        pay_news.closed(row, by=person, now=now)
    return row


def _check_end(row: Dispute, state: str, by: Actor) -> None:
    person = row.statement.user
    if state in {State.ACCEPTED, State.DECLINED}:
        check_decides(by, person, month=row.statement.month, what="decides a dispute about")
    elif state == State.WITHDRAWN:
        if by.user != person:
            raise Refused(f"Only {person} withdraws it; accept or decline it.")
    else:
        raise Refused(f"A dispute ends accepted, declined or withdrawn, not “{state}”.")


def _make_good(  # noqa: PLR0913, PLR0917 - the words of one adjustment
    row: Dispute, why: str, amount: Decimal | None, currency: str, minutes: int, *, by: Actor, now: datetime
) -> None:
    statement = row.statement
    if amount or minutes:
        month = (
            statement.month if statement.state == Statement.State.DRAFT else first_open(statement, now=now)
        )
        adjust(
            user=statement.user,
            month=month,
            about=statement.month,
            amount=amount or Decimal(0),
            currency=currency or _currency_of(row),
            lieu_minutes=minutes,
            why=why[:LONGEST_WHY],
            by=by,
            now=now,
        )
        return
    made = Adjustment.objects.filter(
        user=statement.user, about=statement.month, created_at__gte=row.opened_at, cancelled_at=None
    )
    if statement.state != Statement.State.DRAFT and not made.exists():
        raise Refused(
            f"{statement} is {statement.state}: give the amount that makes it good, or enter the adjustment "
            f"about {in_words(statement.month)} first."
        )


def _currency_of(row: Dispute) -> str:
    """Of the line, or of the first of the statement."""
    lines = StatementLine.objects.filter(statement=row.statement_id)
    named = lines.filter(kind=row.kind, start=row.start).first() or lines.order_by("position").first()
    return named.currency if named is not None else ""


def _open(dispute: Dispute) -> Dispute:
    """As it stands, its statement under a lock. Raises Overtaken when it is closed."""
    locked_person(dispute.statement.user)  # before the statement, as whoever adjusts it does
    locked_row(dispute.statement)
    row = Dispute.objects.select_related("statement__user", "closed_by").get(pk=dispute.pk)
    if row.state != State.OPEN:
        raise Overtaken(f"This dispute is {row.state} since {row.closed_at:%Y-%m-%d}, by {row.closed_by}.")
    return row


def _person(by: Actor) -> User:
    if by.user is None:
        raise Refused(f"{by.name} is no person, and only people dispute and answer.")
    return by.user


def _words(value: str, *, needed: bool = True) -> str:
    said = refusal.text(value, what="text", limit=LONGEST)
    if needed and not said:
        raise Refused("The text is empty: say what is wrong, or why it is right.")
    return said


def _record(verb: Verb, row: Dispute, what: str, *, by: Actor, now: datetime, why: str) -> None:
    record_pay(
        verb, row.statement.user, what, by=by, now=now, why=why, dispute=row.pk, statement=row.statement_id
    )
