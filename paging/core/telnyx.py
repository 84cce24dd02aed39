"""What Telnyx's error codes mean for a page.

https://developers.telnyx.com/docs/messaging/messages/error-codes and
https://developers.telnyx.com/development/api-fundamentals/api-errors: 1xxxx and 403xx answer a request,
40xxx come with a receipt.
"""

from collections.abc import Mapping
from typing import Any

from paging.core.delivery import Fault

KNOWN: Mapping[int, tuple[Fault, str]] = {
    10009: (Fault.PROVIDER, "Telnyx does not accept TELNYX_API_KEY"),
    10010: (Fault.PROVIDER, "TELNYX_API_KEY may not send with this number or profile"),
    20100: (Fault.PROVIDER, "the Telnyx account has no money left"),
    40001: (Fault.ADDRESS, "this number cannot receive SMS: it is a landline, or nobody's"),
    40012: (Fault.ADDRESS, "the carrier says that this is no number"),
    40305: (Fault.PROVIDER, "TELNYX_FROM_NUMBER is no number of the account's messaging profile"),
    40309: (
        Fault.PROVIDER,
        "the messaging profile may not send to this country; permit it in Telnyx's portal",
    ),
    40310: (Fault.ADDRESS, "this is not a phone number"),
    40312: (Fault.PROVIDER, "the messaging profile is disabled"),
    40333: (Fault.PROVIDER, "the messaging profile has spent its limit"),
}
BLOCKED = 40300
INVALID_URL = 10003
STOPPED = (
    Fault.OPTED_OUT,
    f"Telnyx {BLOCKED}: the owner of this number replied STOP; they have to send START to our number",
)
TEMPORARY = frozenset(
    {
        10007,  # unexpected error
        10008,  # request timeout
        10011,  # too many requests
        40006,  # the recipient's carrier is unavailable
        40011,  # too fast for the carrier
        40318,  # the queue is full
    }
)
OURS = frozenset(
    {
        10001,  # the number is not active
        40003,  # our number is blocked as spam
        40010,  # our campaign is not registered
        40013,  # the carrier refuses our number
        40015,  # Telnyx's own filter
        40100,  # our number cannot send
        40150,  # our toll-free number is not registered
        40151,  # our number is being moved
        40306,  # no alphanumeric sender
        40311,
        40313,  # the profile's secret
        40314,  # messaging is disabled
        40315,  # our number has a bad name
        40320,  # our number is not ours yet
        BLOCKED,  # by a rule of the account, where it is not the owner's STOP
        40321,  # the profile has no number
        40322,  # Telnyx's filter of words
        40329,  # our toll-free number is not verified
    }
)
"""Our account, our number or Telnyx's own filters: another provider may well be luckier."""

TEMPORARY_STATUS = frozenset({408, 409, 429})
OURS_STATUS = frozenset({401, 402, 403, 404})


def explained(errors: object, *, status: int = 0, otherwise: str = "no reason given") -> tuple[Fault, str]:
    """The fault and a sentence, from the `errors` of an answer or a receipt and the answer's HTTP status;
    `otherwise` where they give no reason.

    `errors` is a list of {"code", "title", "detail"}, and may be anything at all: a proxy in between may
    have answered. Without a code the status decides.
    """
    first = _first(errors)
    code = _number(first.get("code"))
    if code in KNOWN:
        fault, why = KNOWN[code]
        return fault, f"Telnyx {code}: {why}"
    said = first.get("detail") or first.get("title") or otherwise
    if code == BLOCKED and "STOP" in f"{first.get('title')} {said}":
        return STOPPED
    number = code or status
    return _fault(code, status), f"Telnyx {number}: {said}" if number else f"Telnyx: {said}"


def is_about_our_address(errors: object) -> bool:
    """Whether it is the address for receipts that Telnyx cannot use (10003: invalid URL)."""
    return _number(_first(errors).get("code")) == INVALID_URL


def _first(errors: object) -> Mapping[str, Any]:
    rows: list[Any] = errors if isinstance(errors, list) else []
    return next((one for one in rows if isinstance(one, Mapping)), {})


def _fault(code: int, status: int) -> Fault:
    if code in TEMPORARY or status in TEMPORARY_STATUS or status >= 500:
        return Fault.TEMPORARY
    return Fault.PROVIDER if code in OURS or status in OURS_STATUS else Fault.MESSAGE


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else 0
