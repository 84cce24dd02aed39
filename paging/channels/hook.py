"""An event as JSON, posted to a webhook that steps tell (docs/webhooks-out.md): no person's own.

Signed as Standard Webhooks has it, and in the form that Stripe made known; both with the time inside, so that
an old post cannot be played again.
"""

from typing import ClassVar

from paging.channels.base import Fault
from paging.channels.webhook import WebhookChannel
from paging.core import signing
from paging.core.message import Message


class HookChannel(WebhookChannel):
    provider: ClassVar[str] = "hook"
    title: ClassVar[str] = "its server"

    def fault_of(self, status: int) -> Fault:
        """410 Gone fails as any other refusal: an operator has set the address, and may mend the server."""
        fault = super().fault_of(status)
        return Fault.MESSAGE if fault is Fault.ADDRESS else fault

    def headers(self, message: Message, stamp: int, body: bytes) -> dict[str, str]:
        return signing.event_headers(
            event=message.subject,
            message_id=message.message_id,
            stamp=stamp,
            body=body,
            secret=message.secret,
            former=message.former_secret,
        )
