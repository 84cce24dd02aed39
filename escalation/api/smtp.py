"""The door for mail: what an SMTP server asks, and what it hears. Nothing is ever passed on.

A mail is answered with 250 only after it is durable; with 4xx, so that its server tries again, for as long as
the database is away or more comes than is taken. Whoever writes to what is no live key hears 550, and one
sentence for every reason.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, InterfaceError, connections
from psycopg_pool import PoolTimeout

from escalation import intake
from escalation.intake.mail import addressed, all_addressed, receive_mail
from escalation.sources.mail import EMAIL
from escalation.sources.mail_parts import read
from people import clock, metrics

MOST_RECIPIENTS = 100
MOST_WRONG = 10
"""Addresses of nobody in one connection: then it is closed."""

TAKEN = "250 2.0.0 Taken"
NOBODY = "550 5.1.1 No alerts are taken at this address; check its routing key"
GUESSING = "421 4.7.0 Too many addresses of nobody; good-bye"
TOO_MANY = "452 4.5.3 Too many recipients; send the rest as another mail"
UNAVAILABLE = "451 4.3.0 It could not be stored; please send it again"
TOO_FAST = "451 4.7.1 More than {} events a minute come by this key; send it again in {} s"

log = structlog.get_logger(__name__)


class Door:
    """aiosmtpd's handler. What asks the database runs in `pool`, so that no slow answer of it keeps another
    connection waiting.
    """

    def __init__(self, pool: Executor) -> None:
        self._pool = pool

    async def handle_RCPT(  # noqa: N802 - its name in aiosmtpd
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        said = await self._answered(partial(_admit, address))
        if said == NOBODY:
            wrong = getattr(session, "wrong_addresses", 0) + 1
            session.wrong_addresses = wrong  # type: ignore[attr-defined]  # a session is there to be written on
            if wrong >= MOST_WRONG:
                asyncio.get_running_loop().call_soon(_close, server)
                return GUESSING
        if said == TAKEN:
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802 - its name in aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        return await self._answered(partial(_take, envelope))

    async def handle_exception(self, fault: Exception) -> str:
        """Of aiosmtpd's own; what its sentence would hold is nobody's business."""
        log.error("mail_door_failed", error=type(fault).__name__)
        return UNAVAILABLE

    async def _answered(self, work: Callable[[], None]) -> str:
        said = await asyncio.get_running_loop().run_in_executor(self._pool, partial(_said, work))
        if said != TAKEN:
            metrics.EVENTS_REFUSED.labels(source=EMAIL, status=said[:3]).inc()
        return said


def _admit(address: str) -> None:
    addressed(address)


def _take(envelope: Envelope) -> None:
    to = all_addressed(envelope.rcpt_tos)
    if not to:  # revoked meanwhile
        raise intake.UnknownKey
    mail = read(envelope.original_content or b"", return_path=envelope.mail_from)
    receive_mail(mail, to=to, now=clock.now())


def _said(work: Callable[[], None]) -> str:
    """What the other side hears of `work`, which raises nothing past here: a fault of ours is no reason to
    lose a mail that can come again.
    """
    try:
        work()
    except intake.UnknownKey:
        return NOBODY
    except intake.OverLimit as fault:
        return TOO_FAST.format(fault.limit, fault.retry_after)
    except (DatabaseError, InterfaceError, PoolTimeout) as fault:
        log.error("database_unavailable", door=EMAIL, error=str(fault).strip())  # noqa: TRY400 - as of the web
        return UNAVAILABLE
    except Exception:
        log.exception("mail_not_taken", effect="its server is told to send it again")
        return UNAVAILABLE
    else:
        return TAKEN
    finally:
        connections.close_all()  # a thread of a pool has no end at which they would be


def _close(server: Any) -> None:
    if server.transport is not None:
        server.transport.close()
