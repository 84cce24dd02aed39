"""Listens for alerts by mail (MAIL_LISTEN): in a thread of the web, or as a program of its own.

Where the address is not to be had, somebody else may have it for a moment, such as the process that this one
replaces: it is said once, and tried again.
"""

import asyncio
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import structlog
from django.conf import settings

from escalation.api.smtp import Door
from escalation.api.smtp_connection import Connection, Connections
from watchbill.mail_intake import MailIntake

AT_ONCE = 8  # mails that are written at the same time
AGAIN = 5.0
GRACE = 3.0
"""Seconds to end in: a mail that is being stored is answered first. One that takes longer comes again."""

log = structlog.get_logger(__name__)


class Listener:
    """Listens from `start` to `stop`. `port` is where, once `listens` is set."""

    def __init__(self, intake: MailIntake) -> None:
        self._intake = intake
        self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = threading.Event()
        self._stopping = asyncio.Event()
        self.listens = threading.Event()
        self.port = intake.port

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._asked.set()
        if self._loop is not None:
            with suppress(RuntimeError):  # it has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(GRACE + 1)

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="mail") as pool:
            asyncio.run(self._serve(pool))

    async def _serve(self, pool: ThreadPoolExecutor) -> None:
        self._loop = asyncio.get_running_loop()
        if self._asked.is_set():  # before there was a loop to tell
            return
        connections = Connections()
        server = await self._bound(Door(pool), connections)
        if server is None:
            return
        self.port = server.sockets[0].getsockname()[1]
        self.listens.set()
        log.info("mail_listens", at=f"{self._intake.host} port {self.port}", domain=self._intake.domain)
        await self._stopping.wait()
        server.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                await connections.without_mail.wait()

    async def _bound(self, door: Door, connections: Connections) -> asyncio.Server | None:
        """The server, as soon as the address is free; None where it is asked to stop before."""
        loop, intake, said = asyncio.get_running_loop(), self._intake, False
        while not self._stopping.is_set():
            try:
                return await loop.create_server(
                    lambda: Connection(door, connections, domain=intake.domain, tls=_tls(intake)),
                    host=intake.host,
                    port=intake.port,
                )
            except OSError as fault:
                if not said:
                    log.warning(
                        "mail_not_listening",
                        why=intake.sentence(fault.strerror or str(fault)),
                        effect="tried again",
                    )
                said = True
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN):
                    await self._stopping.wait()
        return None


def _tls(intake: MailIntake) -> ssl.SSLContext | None:
    """None while its certificate is being renewed: a mail that comes in the clear is better than none."""
    try:
        return intake.tls()
    except OSError as fault:  # also of ssl
        log.warning("mail_without_tls", certificate=intake.certificate, error=str(fault))
        return None


_listeners: list[Listener] = []


def start() -> None:
    """Call in the web process itself, after any fork."""
    if settings.MAIL_INTAKE.port:
        _listeners.append(Listener(settings.MAIL_INTAKE))
        _listeners[-1].start()


def stop() -> None:
    while _listeners:
        _listeners.pop().stop()
