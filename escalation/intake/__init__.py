"""Events to alerts and incidents. Durable when the caller's answer goes out, and never twice.

One open alert per (service, dedup key) is a constraint of the database: an event either makes the alert
or counts on it, in one statement, however many arrive at once.
"""

from escalation.intake.receiving import UnknownKey, raise_alert, receive, receive_change

__all__ = ["UnknownKey", "raise_alert", "receive", "receive_change"]
