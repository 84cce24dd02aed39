"""The six digits that prove that an address is one's own: what they are, and how often one may ask and guess.

A code is kept nowhere. It follows from a random seed, which is a row, and a key, which is not, so that every
try to send it says the same, and who reads the rows alone cannot tell it.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

DIGITS = 6
VALID = timedelta(minutes=15)
PAUSE = timedelta(minutes=1)
WRONG = 5
HOUR = timedelta(hours=1)
IN_AN_HOUR = 10  # to one person: whoever adds the numbers of others cannot fill their phones
PURPOSE = b"watchbill.code:"
SPACES = re.compile(r"[\s\-]+")
WRITTEN = re.compile(rf"[0-9]{{{DIGITS}}}")


@dataclass(frozen=True)
class Asked:
    """One code that was asked for at `at`, with how many guesses were `wrong`."""

    at: datetime
    wrong: int = 0


def code_of(seed: bytes, *, key: str) -> str:
    """The code that `seed` stands for, by HMAC-SHA256."""
    digest = hmac.digest(key.encode(), PURPOSE + seed, "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def written(text: str) -> str | None:
    """The digits of what somebody typed (“123 456”, “123-456”); None where they are no code."""
    digits = SPACES.sub("", text[:50])
    return digits if WRITTEN.fullmatch(digits) else None


def same(code: str, given: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(code.encode(), given.encode())


def locked_until(mine: Sequence[Asked], *, now: datetime) -> datetime | None:
    """Until when neither a guess nor a new code helps; None where it is not locked.

    Counted over all the codes of VALID, so that asking anew gives nobody more guesses.
    """
    left = sum(one.wrong for one in mine if one.at + VALID > now)
    for one in sorted(mine, key=lambda each: each.at):
        if one.at + VALID <= now:
            continue
        if left < WRONG:
            return None
        left -= one.wrong
        if left < WRONG:
            return one.at + VALID
    return None


def next_at(mine: Sequence[Asked], everything: Sequence[datetime], *, now: datetime) -> datetime:
    """From when on a new code may be sent: `mine` are those of the address, `everything` when any was
    sent to the person. Not later than `now` where one may be sent at once.
    """
    locked = locked_until(mine, now=now)
    waits = [one.at + PAUSE for one in mine] + ([locked] if locked else [])
    recent = sorted(at for at in everything if at + HOUR > now)
    if len(recent) >= IN_AN_HOUR:
        waits.append(recent[-IN_AN_HOUR] + HOUR)
    return max(waits, default=now)


def in_words(wait: timedelta) -> str:
    """“40 s”, “12 min”: rounded up, so that who waits so long has waited enough."""
    seconds = max(-(-wait // timedelta(seconds=1)), 1)
    return f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"
