"""Twilio's error codes, in a refusal and in a receipt alike: what helps, and a sentence for people.

https://www.twilio.com/docs/api/errors
"""

from paging.core.delivery import Fault

KNOWN = {
    20003: (Fault.PROVIDER, "Twilio does not accept TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    20429: (Fault.TEMPORARY, "too many requests at once"),
    21211: (Fault.ADDRESS, "this is not a phone number"),
    21408: (
        Fault.PROVIDER,
        "the Twilio account may not send to this country; permit it in Twilio's console",
    ),
    21610: (
        Fault.OPTED_OUT,
        "the owner of this number replied STOP; they have to send START to our number",
    ),
    21611: (Fault.TEMPORARY, "the queue of our number is full"),
    21614: (Fault.ADDRESS, "this number cannot receive SMS"),
    30001: (Fault.TEMPORARY, "the queue of our number is full"),
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


def number_of(code: object) -> int:
    """0 where it is none: a proxy in between, or a later version, may answer anything at all."""
    text = str(code) if isinstance(code, int | str) else ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
