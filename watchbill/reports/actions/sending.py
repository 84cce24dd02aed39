"""Reports are mailed: taken in a short transaction, handed over outside any, then said what became of it.

Who dies between the two leaves it to be sent again: two mails beat none, and both are named alike.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from people.models import User
from watchbill.reports import posting
from watchbill.reports.core.weeks import not_by_night
from watchbill.reports.models import Delivery, StoredReport
from watchbill.reports.seen import shown, why_not
from watchbill.reports.writing.mail import mail_of

State = Delivery.State
BATCH = 20
TAKEN = timedelta(minutes=5)
"""Longer than any way of sending may take."""
AGAIN = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=16))
"""After each try that failed; after one more it is given up."""
LONGEST = 300
log = structlog.get_logger(__name__)


class _Never(Exception):
    """There is nobody to send it to."""


def send_due(*, clock: Callable[[], datetime], limit: int = BATCH, of: StoredReport | None = None) -> int:
    """Returns how many were tried; `of` one report or of all. Safe to run in many workers at once: each is
    taken by one. One that nobody takes is tried again, less and less often, and holds up no other.
    """
    tried = 0
    while tried < limit and (taken := _take(clock(), of)) is not None:
        _send(taken, clock)
        tried += 1
    return tried


@transaction.atomic
def _take(now: datetime, of: StoredReport | None) -> Delivery | None:
    rows = Delivery.objects.filter(state=State.PENDING, due_at__lte=now)
    if of is not None:
        rows = rows.filter(report=of)
    locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("user", "report__team")
    row = locked.order_by("due_at", "pk").first()
    if row is not None:
        row.due_at, row.tries = now + TAKEN, row.tries + 1
        row.save(update_fields=["due_at", "tries"])
    return row


def _send(row: Delivery, clock: Callable[[], datetime]) -> None:
    if _put_off(row, clock()):
        return
    try:
        state, error = _handed_over(row), ""
    except _Never as fault:
        state, error = State.GIVEN_UP, str(fault)
    except posting.NotPosted as fault:
        state, error = State.PENDING, str(fault)
        log.warning("load_report_not_sent", delivery=row.pk, tries=row.tries, error=error)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        state, error = State.PENDING, f"It could not be written ({type(fault).__name__})."
        log.exception("load_report_not_written", delivery=row.pk, tries=row.tries)
    _say(row, state, error, clock())


def _put_off(row: Delivery, now: datetime) -> bool:
    """Until morning, where by the reader's clock it is night, and none of its tries is used up. It was due by
    day where it was refused then, or where nothing ran. What the team chose its own time for is not put off.
    """
    due_at = not_by_night(now, ZoneInfo(row.user.time_zone))
    if row.report.kind != StoredReport.Kind.SHIFT or due_at <= now:
        return False
    row.due_at, row.tries = due_at, row.tries - 1
    row.save(update_fields=["due_at", "tries"])
    return True


def _handed_over(row: Delivery) -> State:
    """Raises NotPosted, or _Never. What the reader may see is what they may see now, not when it was made."""
    reader = row.user
    if not reader.is_active:
        raise _Never(f"{reader} is deactivated.")
    if refusal := why_not(reader, row.report):
        raise _Never(refusal)
    if not posting.is_set_up():
        log.info("load_report_kept", report=str(row.report.uid), user=reader.username)
        return State.KEPT
    if not reader.email:
        raise posting.NotPosted(f"{reader} has no mail address; enter one with the person.")
    posting.post(_letter(row, reader))
    return State.SENT


def _letter(row: Delivery, reader: User) -> posting.Letter:
    mail = mail_of(shown(row.report, reader), reader=reader, address=address_of(row.report))
    return posting.Letter(
        to=reader.email,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        images=mail.images,
        name=f"load.{row.report.uid}.{reader.pk}",
    )


def address_of(stored: StoredReport) -> str:
    return f"{settings.PUBLIC_URL}/load/reports/{stored.uid}/"


def _say(row: Delivery, state: State, error: str, now: datetime) -> None:
    row.error = error[:LONGEST]
    if state is State.PENDING and row.tries > len(AGAIN):
        state = State.GIVEN_UP
    if state is State.GIVEN_UP:
        log.error("load_report_given_up", delivery=row.pk, report=str(row.report.uid), error=row.error)
    row.state = state
    if state is State.PENDING:
        row.due_at = now + AGAIN[row.tries - 1]
    if state is State.SENT:
        row.sent_at = now
    row.save(update_fields=["state", "error", "due_at", "sent_at"])
