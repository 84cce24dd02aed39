"""One connection of the door for mail, and how much of this process it may take."""

import asyncio
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.smtp import SMTP

from escalation.api.smtp import Door
from escalation.sources.mail import EMAIL
from people import metrics

MAX_BYTES = 10 * 1024 * 1024
"""What most mail servers take: a mail that they took for us is not refused for its pictures."""

LINE = 256 * 1024
"""Bytes of a line, far over the 1000 of RFC 5321: what a script writes in one line is an alert, too."""

MOST, MOST_OF_ONE = 100, 25  # connections in all, and from one address
IDLE = 60.0  # seconds from one command to the next
FOR_A_MAIL = 300.0  # from DATA to its answer
IN_ALL = 900.0
COMMANDS = 400  # of one kind in one connection

BUSY = b"421 4.7.0 Too many connections; please try again later\r\n"
TOO_LONG = b"500 5.6.0 A line of it is too long\r\n"


class Connections:
    """How many there are, by the address they are from."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._with_mail = 0
        self.without_mail = asyncio.Event()
        """Set while none is at DATA or waits for its answer."""
        self.without_mail.set()

    def enter(self, peer: str) -> bool:
        """Whether there is room for one more, which then has it until `leave`."""
        if self._open.total() >= MOST or self._open[peer] >= MOST_OF_ONE:
            return False
        self._open[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self._open[peer] -= 1
        if not self._open[peer]:
            del self._open[peer]

    @contextmanager
    def mail(self) -> Iterator[None]:
        """While one is being sent to us, until its answer has left."""
        self._with_mail += 1
        self.without_mail.clear()
        try:
            yield
        finally:
            self._with_mail -= 1
            if not self._with_mail:
                self.without_mail.set()


class Connection(SMTP):
    """No login, no relaying. It ends when it is idle, lasts too long or never ends a line."""

    line_length_limit = LINE

    def __init__(
        self, door: Door, connections: Connections, *, domain: str, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(
            door,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname=domain,
            ident="Watchbill",
            tls_context=tls,
            timeout=IDLE,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self._connections = connections
        self._peer = ""
        self._unbroken = 0
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        if self._end is None:  # else it is the same one, which begins to speak TLS
            peer = transport.get_extra_info("peername")
            self._peer = str(peer[0]) if peer else "?"
            if not self._connections.enter(self._peer):
                metrics.EVENTS_REFUSED.labels(source=EMAIL, status="421").inc()
                transport.write(BUSY)
                transport.close()
                return
            self._end = self.loop.call_later(IN_ALL, transport.abort)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._end is None:
            return
        if not self._end.cancelled():
            self._end.cancel()
            self._connections.leave(self._peer)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """A line without an end would be kept until the memory is full."""
        if self._end is None:
            return
        end = data.rfind(b"\r\n")
        self._unbroken = self._unbroken + len(data) if end < 0 else len(data) - end - 2
        if self._unbroken > LINE + MAX_BYTES:
            metrics.EVENTS_REFUSED.labels(source=EMAIL, status="500").inc()
            self.transport.write(TOO_LONG)  # type: ignore[union-attr]
            self.transport.close()  # type: ignore[union-attr]
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._end is None else super().eof_received()

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802 - its name in aiosmtpd
        self._reset_timeout(FOR_A_MAIL)
        with self._connections.mail():
            await super().smtp_DATA(arg)
        self._reset_timeout()

    async def smtp_VRFY(self, _arg: str | None) -> None:  # noqa: N802 - its name in aiosmtpd
        await self.push("252 2.5.0 Send it, and see")

    async def smtp_AUTH(self, _arg: str | None) -> None:  # noqa: N802 - its name in aiosmtpd
        await self.push("502 5.5.1 There is no login")

    def _timeout_cb(self) -> None:
        """At once: closing would wait for one who does not read."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]
