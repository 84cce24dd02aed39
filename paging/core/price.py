"""What a message is reckoned to cost, where its provider does not say."""

from dataclasses import dataclass
from decimal import Decimal

from paging.core import gsm7

UCS2_SEGMENT, UCS2_JOINED_SEGMENT = 70, 67


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the operator says that a segment of an SMS and a call cost, in `currency` (ISO 4217).

    None: not known, and then nothing is reckoned.
    """

    sms: Decimal | None = None
    call: Decimal | None = None
    currency: str = "USD"


def segments(text: str) -> int:
    """How many messages a phone company counts for `text`; at least one (3GPP TS 23.038)."""
    if set(text) <= gsm7.ALPHABET:
        length, whole, joined = gsm7.septets(text), gsm7.SEGMENT, gsm7.JOINED_SEGMENT
    else:
        length = len(text.encode("utf-16-be")) // 2
        whole, joined = UCS2_SEGMENT, UCS2_JOINED_SEGMENT
    return 1 if length <= whole else -(-length // joined)


def reckoned(prices: Prices, *, via: str, text: str) -> Decimal | None:
    """What one message costs by the operator's prices; None where they say nothing of its kind."""
    if via == "sms" and prices.sms is not None:
        return prices.sms * segments(text)
    return prices.call if via == "voice" else None
