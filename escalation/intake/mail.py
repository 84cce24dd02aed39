"""Alerts by mail: each routing key is an address, `<routing key>@…`, whoever brings the mail to us."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction

from escalation.intake.keys import UnknownKey
from escalation.intake.limits import OverLimit
from escalation.intake.receiving import Replayed, receive, unsigned, unsigned_key
from escalation.intake.refusals import Refusal, note_refusal
from escalation.sources import mail as source
from escalation.sources.mail import EMAIL
from escalation.sources.mail_parts import Mail

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Addressed:
    """Whom a mail is for: a routing key's value, and what stood behind it (`<key>+resolve@…`)."""

    key: str
    tag: str = ""


def addressed(address: str) -> Addressed:
    """The live routing key that a mail address is of: in front of it, or behind a mailbox's own name and a
    plus (`pager+<key>@…`). Of its domain nothing is asked: who has the key has the right.

    Raises UnknownKey, also for a key that takes only what is signed, which no mail is.
    """
    names = address.rpartition("@")[0].strip('" ').split("+")
    for at in range(min(len(names), 2)):
        for written in dict.fromkeys((names[at], names[at].lower())):  # some servers write it in their way
            with suppress(UnknownKey):
                unsigned_key(written, source=EMAIL)
                return Addressed(written, tag="+".join(names[at + 1 :]))
    raise UnknownKey


def all_addressed(addresses: Sequence[str]) -> list[Addressed]:
    """Those of `addresses` that are of a routing key, each key once."""
    found: dict[str, Addressed] = {}
    for address in addresses:
        with suppress(UnknownKey):
            one = addressed(address)
            found.setdefault(one.key, one)
    return list(found.values())


def receive_mail(mail: Mail, *, to: Sequence[Addressed], now: datetime) -> int:
    """Take in what a mail says, for each key it was sent to; all of it is durable when this returns. Returns
    the number of new incidents. Raises UnknownKey, OverLimit, which is noted, once it has done what it does
    for the other keys: then the mail is to be sent again, and what it did already it does not do twice.
    """
    why = source.passed_over(mail, ours=settings.PUBLIC_URL)
    if why:
        log.info("mail_passed_over", source=EMAIL, why=why)
        return 0
    opened, over = 0, None
    for one in to:
        try:
            opened += _receive(mail, one, now=now)
        except OverLimit as fault:
            _note(mail, fault, now=now)
            over = fault
    if over is not None:
        raise over
    return opened


def _note(mail: Mail, fault: OverLimit, *, now: datetime) -> None:
    said = f"{fault}; its server was told to send it again in {fault.retry_after} s"
    body = f"Subject: {mail.header('subject')}\n\n{mail.text}".encode("utf-8", "replace")
    note_refusal(Refusal(keys=(), over=fault, source=EMAIL, status=451, why=said, at=now, body=body))


def _receive(mail: Mail, to: Addressed, *, now: datetime) -> int:
    events = source.parse(mail, tag=to.tag, secrets=(to.key, to.key.lower()), now=now)
    mark = source.mark(mail)

    def proof(secret: str) -> str:
        return unsigned(secret) or mark

    try:
        with transaction.atomic():  # what it does, and that it was here: both or none
            return receive(key=to.key, events=events, source=EMAIL, now=now, proof=proof)
    except Replayed:
        log.info("mail_passed_over", source=EMAIL, why="it was taken in before")
        return 0
