"""Twilio's status callbacks, of a message and of a call, as receipts.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status,
https://www.twilio.com/docs/voice/api/call-resource#statuscallback.
"""

from collections.abc import Mapping

from paging.core.delivery import Fault, State
from paging.core.receipt import Receipt
from paging.core.twilio import KNOWN, number_of

PROVIDER = "twilio"
SENT = frozenset(
    {"accepted", "scheduled", "queued", "sending", "sent", "initiated", "ringing", "in-progress"}
)
DELIVERED = frozenset({"delivered", "read", "completed"})
CAME_BACK = {
    "undelivered": "not delivered",
    "failed": "failed",
    "canceled": "cancelled at Twilio",
    "busy": "the line was busy",
    "no-answer": "nobody answered",
}
MACHINES = ("machine", "fax")
ANSWERED = "answered, and no key was pressed: perhaps by a voicemail"
VOICEMAIL = "a voicemail answered"


def receipt_of(form: Mapping[str, str]) -> Receipt | None:
    """None for a status that says nothing, or that nobody knows yet."""
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("CallSid", "")
    status = form.get("MessageStatus") or form.get("SmsStatus") or form.get("CallStatus", "")
    if form.get("AnsweredBy", "").startswith(MACHINES):
        return Receipt(PROVIDER, sid, State.UNDELIVERED, Fault.MESSAGE, VOICEMAIL)
    if status in DELIVERED:
        return Receipt(PROVIDER, sid, State.DELIVERED, why=ANSWERED if status == "completed" else "")
    if status in SENT:
        return Receipt(PROVIDER, sid, State.SENT)
    if status in CAME_BACK:
        fault, why = _fault(form.get("ErrorCode", ""), otherwise=CAME_BACK[status])
        return Receipt(PROVIDER, sid, State.UNDELIVERED, fault, why)
    return None


def _fault(code: str, *, otherwise: str) -> tuple[Fault, str]:
    number = number_of(code)
    if number in KNOWN:
        fault, why = KNOWN[number]
        return fault, f"Twilio {number}: {why}"
    return Fault.MESSAGE, f"Twilio {number}: {otherwise}" if number else otherwise
