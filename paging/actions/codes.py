"""Numbers to reply with: short, and each phone's own, so that `1a` can be typed with eyes half closed."""

from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Q

from paging.core.cause import TESTS
from paging.models import ReplyCode

FORGOTTEN = timedelta(days=30)
"""Longer than any snooze: what was not shown for so long is over, even if nobody said so."""

RESTS = timedelta(minutes=15)
"""How long the number of what is over is given to nothing else: somebody may be about to send it."""


TAKE = """
INSERT INTO paging_replycode (phone, number, user_id, cause, shown_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


def show_code(*, phone: str, user_id: int, cause: str, now: datetime) -> int:
    """The number that stands for `cause` on this phone, as shown now: its own, or else the lowest free one.

    A reply without a number means what was shown last. Call it before the message that shows it leaves.
    """
    while True:
        codes = {code.number: code for code in ReplyCode.objects.filter(phone=phone)}
        own = next((code.number for code in codes.values() if code.cause == cause), None)
        number = own or next(
            number
            for number in range(1, len(codes) + 2)
            if number not in codes or _is_free(codes[number], now=now)
        )
        if number in codes:
            taken = _take_over(codes[number], user_id=user_id, cause=cause, now=now)
        else:
            taken = _take_new(phone, number, user_id=user_id, cause=cause, now=now)
        if taken:  # or else another message to this phone was quicker
            return number


def _take_over(code: ReplyCode, *, user_id: int, cause: str, now: datetime) -> bool:
    """A code as it was read a moment ago. False where it is another's by now, or the cause has its own."""
    same = ReplyCode.objects.filter(pk=code.pk, cause=code.cause)
    if code.cause != cause:
        same = same.filter(shown_at=code.shown_at, freed_at=code.freed_at)
    try:
        with transaction.atomic():
            return bool(same.update(cause=cause, user_id=user_id, shown_at=now, freed_at=None))
    except IntegrityError:
        return False


def _take_new(phone: str, number: int, *, user_id: int, cause: str, now: datetime) -> bool:
    shown_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(TAKE, (phone, number, user_id, cause, shown_at))
        return bool(cursor.rowcount)


def _is_free(code: ReplyCode, *, now: datetime) -> bool:
    over = code.freed_at is not None and code.freed_at <= now - RESTS
    return over or code.shown_at < now - FORGOTTEN


def free_codes(*, cause: str, now: datetime) -> None:
    """The cause is over: its numbers may be given to others, after a while. Until then they are still
    understood.
    """
    ReplyCode.objects.filter(cause=cause, freed_at=None).update(freed_at=now)


def code_of(phone: str, *, number: int | None) -> ReplyCode | None:
    """What a reply from this phone means: the code `number`, else the cause whose own number that is
    (“ack #4711”, as the message calls it); without a number what was shown last.
    """
    codes = ReplyCode.objects.filter(phone=phone).select_related("user")
    if number is None:
        return codes.order_by("-shown_at", "-pk").first()
    named = Q(cause__endswith=f":{number}") & ~Q(cause__startswith=TESTS)  # those have a person's number
    own = codes.filter(Q(number=number) | named)
    return max(own, key=lambda code: code.number == number, default=None)
