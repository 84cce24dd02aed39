"""The true times of a call-out: asked for by one person, approved by another, and only then in force.

What was found out of pages and answers is a guess: somebody works on after the resolve, or forgets to say
that they are done. Approved times count also where the month is locked since; what differs from what was paid
is made good as every such difference is.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from oncall.actions.refusal import Overtaken, Refused, sentence_of_span
from oncall.compensation.actions import correction_news
from oncall.compensation.actions.adjustments import locked_person
from oncall.compensation.actions.checks import check_decides, record_pay, why_of
from oncall.compensation.core.months import first_of
from oncall.compensation.models import Correction
from oncall.compensation.selectors import manages
from paging.selectors import Left, page_left
from people.ledger.record import Actor
from people.ledger.verbs import Verb
from people.models import User

LONGEST = timedelta(hours=24)
AROUND = timedelta(hours=24)
"""How far from its page the true beginning of a call-out may lie."""
BIGGEST = 2**63  # the first number that no database takes for an id
State = Correction.State


def ask(  # noqa: PLR0913 - the words of one request
    *,
    user: User,
    page: int | None,
    start: datetime | None,
    end: datetime | None,
    why: str,
    by: Actor,
    now: datetime,
) -> Correction:
    """What the page brought about lasted from `start` to `end`, or, with neither, counts for nothing. Without
    a page: work for which nobody was paged, from `start` to `end`.

    Asked by the person, or entered by one who manages a team of theirs; those who may approve it are told.
    Raises Refused.
    """
    said = why_of(why)
    with transaction.atomic():
        locked_person(user)
        asker = _asker(by, user)
        _check_times(start, end, now=now)
        left = None if page is None else _left(page, user)
        _check_about(left, start, user)
        _check_new(user, page, start, end)
        row = Correction.objects.create(
            user=user,
            page=page,
            about_at=left.at if left else None,
            start=start,
            end=end,
            why=said,
            asked_at=now,
            asked_by=asker,
        )
        _record(Verb.CALL_OUT_CORRECTION_ASKED, row, "asked", by=by, now=now, why=said)
        correction_news.asked(row, month=month_of(row), now=now)
    return row


def approve(*, correction: Correction, by: Actor, now: datetime) -> Correction:
    """From now on it counts, in place of one that was in force before. By one who may approve the person's
    pay and did not ask for it themselves. Raises Refused; Overtaken where it was decided already.
    """
    with transaction.atomic():
        row = _locked(correction, State.ASKED)
        decider = _decider(row, by, "approves")
        if row.page is not None:
            before = Correction.objects.filter(user=row.user_id, page=row.page, state=State.APPROVED)
            before.update(state=State.DROPPED)
        _move(row, State.APPROVED, decider, now)
        _record(Verb.CALL_OUT_CORRECTION_APPROVED, row, "approved", by=by, now=now)
        correction_news.decided(row, now=now)
    return row


def decline(*, correction: Correction, why: str, by: Actor, now: datetime) -> Correction:
    """It does not count; what was found does. Also of one that was approved by mistake. Raises Refused."""
    said = why_of(why)
    with transaction.atomic():
        row = _locked(correction, State.ASKED, State.APPROVED)
        _move(row, State.DECLINED, _decider(row, by, "declines"), now)
        _record(Verb.CALL_OUT_CORRECTION_DECLINED, row, "declined", by=by, now=now, why=said)
        correction_news.decided(row, now=now, why=said)
    return row


def withdraw(*, correction: Correction, by: Actor, now: datetime) -> Correction:
    """Whoever asked for it does not any more. Not whom it is about, where another asked: it may say that they
    are owed less. Raises Refused.
    """
    with transaction.atomic():
        row = _locked(correction, State.ASKED)
        if by.user is None or by.user.pk != row.asked_by_id:
            raise Refused(f"Only {row.asked_by} takes it back; who may approve it may decline it.")
        _move(row, State.DROPPED, None, now)
        _record(Verb.CALL_OUT_CORRECTION_WITHDRAWN, row, "taken back", by=by, now=now)
    return row


def month_of(row: Correction) -> date:
    """The month it is about, by UTC: near enough to tell who managed the person then."""
    at = row.start or row.about_at or row.asked_at
    return first_of(at.astimezone(UTC).date())


def in_a_sentence(row: Correction) -> str:
    """“the call-out of 2026-03-03 02:10 lasted from 2026-03-03 02:10 to 05:00 (Europe/London)”."""
    zone = ZoneInfo(row.user.time_zone)
    lasted = sentence_of_span(row.start, row.end, zone) if row.start and row.end else ""
    if row.about_at is None:
        return f"work without a page {lasted}"
    about = f"the call-out of {row.about_at.astimezone(zone):%Y-%m-%d %H:%M}"
    return f"{about} lasted {lasted}" if lasted else f"{about} was none"


def _asker(by: Actor, user: User) -> User:
    if by.user is None:
        raise Refused(f"{by.name} is no person, and only people say how long they worked.")
    if by.user.pk != user.pk and not manages(by.user, user):
        raise Refused(f"Only {user} and managers of a team of theirs correct this call-out.")
    return by.user


def _check_times(start: datetime | None, end: datetime | None, *, now: datetime) -> None:
    if start is None and end is None:
        return
    if start is None or end is None:
        raise Refused("Give both times, or neither where it was no call-out.")
    if end <= start:
        raise Refused("It ends before it starts; exchange the times, or leave both empty if it was none.")
    if end > now:
        raise Refused("It ends in the future; ask again when it is over.")
    if end - start > LONGEST:
        raise Refused("A call-out lasts 24 h at most; enter each day's work by itself.")


def _left(page: int, user: User) -> Left:
    found = page_left(page) if 0 < page < BIGGEST else None
    if found is None or found.user != user.pk or not found.cause.startswith("incident:"):
        raise Refused(f"Page {page} is none by which {user} was called out.")
    return found


def _check_about(left: Left | None, start: datetime | None, user: User) -> None:
    if left is None and start is None:
        raise Refused("Nobody was paged, so give the times from when to when it lasted.")
    if left is not None and start is not None and not abs(start - left.at) <= AROUND:
        at = left.at.astimezone(ZoneInfo(user.time_zone))
        raise Refused(
            f"The page left on {at:%Y-%m-%d at %H:%M}; what it brought about begins within 24 h of that. "
            "Enter other work as work without a page."
        )


def _check_new(user: User, page: int | None, start: datetime | None, end: datetime | None) -> None:
    """Not asked for already, not in force already."""
    mine = Correction.objects.filter(user=user)
    if page is None:
        going = mine.filter(state__in=(State.ASKED, State.APPROVED), start__lt=end, end__gt=start)
        other = going.select_related("user").first()
        if other is not None:
            raise Refused(f"These times overlap what is {other.state} already: {in_a_sentence(other)}.")
        return
    if mine.filter(page=page, state=State.ASKED).exists():
        raise Refused("A correction of this call-out is asked for already; take that one back first.")
    if mine.filter(page=page, state=State.APPROVED, start=start, end=end).exists():
        raise Refused("These are the times that count already.")


def _decider(row: Correction, by: Actor, what: str) -> User:
    decider = check_decides(by, row.user, month=month_of(row), what=what)
    if decider.pk == row.asked_by_id:
        raise Refused(f"You asked for it, so another one {what} it: a manager, or an administrator.")
    return decider


def _locked(correction: Correction, *states: str) -> Correction:
    """As it stands, its person under a lock."""
    locked_person(correction.user)
    row = Correction.objects.select_related("user", "asked_by", "decided_by").get(pk=correction.pk)
    if row.state not in states:
        who = f" by {row.decided_by}" if row.decided_by else ""
        raise Overtaken(f"It is {State(row.state).label} already{who}.")
    return row


def _move(row: Correction, state: str, by: User | None, now: datetime) -> None:
    row.state, row.decided_at, row.decided_by = state, now, by
    row.save(update_fields=["state", "decided_at", "decided_by"])


def _record(verb: Verb, row: Correction, did: str, *, by: Actor, now: datetime, why: str = "") -> None:
    times = {"start": row.start and row.start.isoformat(), "end": row.end and row.end.isoformat()}
    what = f"{did}: {row.user}, {in_a_sentence(row)}"
    record_pay(verb, row.user, what, by=by, now=now, why=why, correction=row.pk, page=row.page, **times)
