"""Events to alerts and incidents. Durable when the caller's answer goes out, and never twice.

One open alert per (service, dedup key) is a constraint of the database: an event either makes the alert
or counts on it, in one statement, however many arrive at once.
"""

from escalation.intake.generic import GENERIC, receive_generic
from escalation.intake.heartbeats import call_in, raise_silent
from escalation.intake.keys import UnknownKey
from escalation.intake.limits import OverLimit
from escalation.intake.minutes import forget_minutes
from escalation.intake.over_limit import end_over_limit, over_limit_now
from escalation.intake.raising import Trouble, raise_incident
from escalation.intake.receiving import (
    Replayed,
    raise_alert,
    receive,
    receive_change,
    unsigned_key,
)
from escalation.intake.refusals import Refusal, note_refusal
from escalation.intake.routing import forget_routing
from escalation.intake.seen import forget_posts
from escalation.intake.sns import SNS, Unreachable, receive_sns

__all__ = [
    "GENERIC",
    "SNS",
    "OverLimit",
    "Refusal",
    "Replayed",
    "Trouble",
    "UnknownKey",
    "Unreachable",
    "call_in",
    "end_over_limit",
    "forget_minutes",
    "forget_posts",
    "forget_routing",
    "note_refusal",
    "over_limit_now",
    "raise_alert",
    "raise_incident",
    "raise_silent",
    "receive",
    "receive_change",
    "receive_generic",
    "receive_sns",
    "unsigned_key",
]
