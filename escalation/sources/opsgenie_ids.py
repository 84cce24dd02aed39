"""The numbers by which Opsgenie's API speaks of alerts and requests, made so that no row has to keep them.

Both are UUIDs of version 8, whose bits are their maker's own: the moment in milliseconds (48 bits), what was
asked and what became of it (6 bits each), the alert's row (44 bits), and 18 bits of chance. What a request
did is durable before it is answered, so its number can say all that is ever asked about it. They are no
secret and prove nothing: whoever reads one looks whether the alert is the asker's.
"""

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
VERSION, VARIANT = 8, 0b10


class Asked(IntEnum):
    """What a request asks for; the numbers stand in requests that senders keep, so they never change."""

    NOTHING = 0
    CREATE = 1
    CLOSE = 2
    ACKNOWLEDGE = 3
    UNACKNOWLEDGE = 4
    SNOOZE = 5
    NOTE = 6
    ESCALATE = 7
    ASSIGN = 8
    MESSAGE = 9
    DESCRIPTION = 10
    PRIORITY = 11
    DELETE = 12


class Outcome(IntEnum):
    """What became of it."""

    DONE = 0
    NO_SUCH_ALERT = 1
    CLOSED_ALREADY = 2


@dataclass(frozen=True, kw_only=True)
class Number:
    """What a number says. `alert` is the id of its row, 0 for none; `at` is UTC, in milliseconds."""

    at: datetime
    alert: int = 0
    asked: Asked = Asked.NOTHING
    outcome: Outcome = Outcome.DONE


def alert_id(alert: int, *, at: datetime) -> str:
    """Of the alert that came at `at`; always the same one. Opsgenie, too, writes the moment behind it."""
    return f"{_written(Number(at=at, alert=alert), chance=0)}-{_milliseconds(at)}"


def request_id(number: Number) -> str:
    """A new one each time."""
    return str(_written(number, chance=secrets.randbits(18)))


def read(text: str) -> Number | None:
    """Of an alert's id or a request's; None for what is neither."""
    try:
        found = uuid.UUID(text[:36])
    except ValueError:
        return None
    if found.int >> 76 & 0xF != VERSION or found.int >> 62 & 0b11 != VARIANT:
        return None
    said = found.int >> 64 & 0xFFF
    try:
        asked, outcome = Asked(said >> 6), Outcome(said & 0x3F)
    except ValueError:
        return None
    at = _moment(found.int >> 80)
    alert = (found.int & (1 << 62) - 1) >> 18
    return Number(at=at, alert=alert, asked=asked, outcome=outcome) if at else None


def _written(number: Number, *, chance: int) -> uuid.UUID:
    said = number.asked << 6 | number.outcome
    own = number.alert << 18 | chance
    return uuid.UUID(int=_milliseconds(number.at) << 80 | VERSION << 76 | said << 64 | VARIANT << 62 | own)


def _milliseconds(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


def _moment(milliseconds: int) -> datetime | None:
    try:
        return EPOCH + milliseconds * MILLISECOND
    except OverflowError:
        return None
