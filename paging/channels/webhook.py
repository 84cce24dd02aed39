"""A page as JSON, posted to an address of the person's own (docs/webhooks.md).

It is signed with the method's own secret, so that whoever receives it can tell it from anybody else's.
Redirects are not followed, and what is answered is not read: the status says it all.
"""

from typing import ClassVar
from urllib.parse import urlsplit

from django.conf import settings

from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.web import fault_of
from paging.core.message import Message
from paging.core.signing import stamped
from people.posting import NotPosted, post

TIMEOUT = 8.0  # seconds in all: looking the name up, connecting, sending, waiting for the status


class WebhookChannel:
    provider: ClassVar[str] = "webhook"
    title: ClassVar[str] = "its server"

    def send(self, message: Message) -> Accepted:
        body = message.text.encode()
        try:
            answer = post(
                message.to,
                body=body,
                headers=self._headers(message, body),
                private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
                seconds=TIMEOUT,
            )
        except NotPosted as fault:
            lasting = Fault.MESSAGE if fault.lasting else Fault.TEMPORARY
            raise ChannelError(str(fault), fault=lasting) from None
        if not 200 <= answer.status < 300:
            host = urlsplit(message.to).hostname
            raise ChannelError(f"{host} answered {answer.status}", fault=self.fault_of(answer.status))
        return Accepted(self.provider, message.message_id)

    def fault_of(self, status: int) -> Fault:
        return fault_of(status)

    def headers(self, message: Message, stamp: int, body: bytes) -> dict[str, str]:
        """What proves that it is ours. `stamp` is the Unix time that the signature speaks of."""
        proof = stamped(message.secret, stamp, body)
        return {"X-Watchbill-Timestamp": str(stamp), "X-Watchbill-Signature": f"v1={proof}"}

    def _headers(self, message: Message, body: bytes) -> dict[str, str]:
        return {
            "X-Watchbill-Delivery": message.message_id,
            **self.headers(message, int(message.at.timestamp()), body),
        }
