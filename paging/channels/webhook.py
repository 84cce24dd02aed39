"""A page as JSON, posted to an address of the person's own (docs/webhooks.md).

It is signed with the method's own secret, so that whoever receives it can tell it from anybody else's.
Redirects are not followed, and what is answered is not read: the status says it all.
"""

import hashlib
import hmac
import http.client
import ssl
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from paging.channels.base import Accepted, ChannelError, Fault
from paging.channels.web import fault_of
from paging.core.message import Message
from people import outbound

TIMEOUT = 8.0  # seconds in all: looking the name up, connecting, sending, waiting for the status
AGENT = "Watchbill (webhook)"


class WebhookChannel:
    provider: ClassVar[str] = "webhook"
    title: ClassVar[str] = "its server"

    def send(self, message: Message) -> Accepted:
        parts = urlsplit(message.to)
        host = parts.hostname or ""
        if parts.scheme != "https" and host not in settings.WEBHOOK_PRIVATE_HOSTS:
            raise ChannelError(f"{host} is not asked without encryption; write https://", fault=Fault.MESSAGE)
        try:
            status = outbound.call(
                lambda: self._post(parts, message),
                seconds=TIMEOUT,
                private_hosts=settings.WEBHOOK_PRIVATE_HOSTS,
            )
        except outbound.Inside:
            raise ChannelError(
                f"{host} is inside the network; an operator may allow it in WEBHOOK_PRIVATE_HOSTS",
                fault=Fault.MESSAGE,
            ) from None
        except ssl.SSLCertVerificationError:
            raise ChannelError(f"{host} does not prove that it is {host}", fault=Fault.MESSAGE) from None
        except outbound.OutOfTime as fault:
            raise ChannelError(f"{host} gave {fault}", fault=Fault.TEMPORARY) from None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise ChannelError(
                f"{host} did not answer ({type(fault).__name__})", fault=Fault.TEMPORARY
            ) from None
        if not 200 <= status < 300:
            raise ChannelError(f"{host} answered {status}", fault=self.fault_of(status))
        return Accepted(self.provider, message.message_id)

    def fault_of(self, status: int) -> Fault:
        return fault_of(status)

    def headers(self, message: Message, stamp: str, proof: str) -> dict[str, str]:
        """`stamp` is the Unix time that `proof`, the signature, speaks of."""
        return {"X-Watchbill-Timestamp": stamp, "X-Watchbill-Signature": f"v1={proof}"}

    def _post(self, parts: SplitResult, message: Message) -> int:
        body = message.text.encode()
        stamp = str(int(message.at.timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": AGENT,
            "X-Watchbill-Delivery": message.message_id,
            **self.headers(message, stamp, signature(message.secret, stamp, body)),
        }
        connection = _connection(parts)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the Unix time, a dot and the body, as 64 hexadecimal digits."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
