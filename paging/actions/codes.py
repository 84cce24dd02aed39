"""Numbers to reply with: short, and each phone's own, so that `1a` can be typed with eyes half closed."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from paging.core.cause import TESTS
from paging.models import ContactMethod, ReplyCode

FORGOTTEN = timedelta(days=30)
"""Longer than any snooze: what was not shown for so long is over, even if nobody said so."""

RESTS = timedelta(minutes=15)
"""How long the number of what is over is given to nothing else: somebody may be about to send it."""


@transaction.atomic
def show_code(*, phone: str, user_id: int, cause: str, now: datetime) -> int:
    """The number that stands for `cause` on this phone, as shown now: its own, or else the lowest free one.

    A reply without a number means what was shown last. Call it before the message that shows it leaves.
    """
    # Two messages to one phone at once: the second waits, and sees the number that the first has taken.
    list(
        ContactMethod.objects.select_for_update(no_key=True)
        .filter(address=phone)
        .order_by("pk")
        .values_list("pk")
    )
    codes = {code.number: code for code in ReplyCode.objects.filter(phone=phone)}
    code = next((code for code in codes.values() if code.cause == cause), None)
    if code is None:
        number = next(
            number
            for number in range(1, len(codes) + 2)
            if number not in codes or _is_free(codes[number], now=now)
        )
        code = codes.get(number) or ReplyCode(phone=phone, number=number)
    code.cause, code.user_id, code.shown_at, code.freed_at = cause, user_id, now, None
    code.save()
    return code.number


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
