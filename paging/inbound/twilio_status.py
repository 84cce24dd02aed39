"""Twilio's status callbacks, of a message and of a call, as receipts.

https://www.twilio.com/docs/messaging/guides/track-outbound-message-status,
https://www.twilio.com/docs/voice/api/call-resource#statuscallback. The codes: https://www.twilio.com/docs/api/errors.
"""

from collections.abc import Mapping

from paging.core.delivery import Fault, State
from paging.core.receipt import Receipt

PROVIDER = "twilio"
FAULTS = {
    21610: (Fault.OPTED_OUT, "the owner of this number replied STOP"),
    30002: (Fault.PROVIDER, "Twilio has suspended the account"),
    30003: (Fault.PROVIDER, "the phone is off or out of reach"),
    30004: (Fault.MESSAGE, "the carrier blocks messages to this number"),
    30005: (Fault.MESSAGE, "the carrier does not know this number"),
    30006: (Fault.MESSAGE, "this number cannot receive SMS: a landline, or a carrier that is not reached"),
    30007: (Fault.MESSAGE, "the carrier took it for spam"),
    30008: (Fault.PROVIDER, "the carrier did not say why"),
    30032: (Fault.PROVIDER, "our toll-free number is not verified; verify it in Twilio's console"),
    30034: (Fault.PROVIDER, "our number is not registered (A2P 10DLC); register it in Twilio's console"),
}
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
    number = int(code) if code.isdecimal() and code.isascii() and len(code) < 9 else 0
    if number in FAULTS:
        fault, why = FAULTS[number]
        return fault, f"Twilio {number}: {why}"
    return Fault.MESSAGE, f"Twilio {number}: {otherwise}" if number else otherwise
