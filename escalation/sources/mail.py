"""A mail as an event. Its subject says what it is about; headers of ours say it plainly, and win.

X-Watchbill-Action: resolve             X-Watchbill-Label-Cluster: eu1
X-Watchbill-Dedup-Key: disk/db1         X-Watchbill-Link-Runbook: https://wiki.example/disk
X-Watchbill-Severity: SEV-1
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice

from escalation.sources import mail_subject
from escalation.sources.event import MAX_DEDUP_KEY, UNKNOWN_SEVERITY, Action, Event, severity_of
from escalation.sources.fields import MAX_LABEL, MAX_SOURCE, dedup_key, digest, first, links, title
from escalation.sources.mail_parts import Mail
from escalation.sources.mail_subject import STATES, Said

EMAIL = "email"
HEADER = "x-watchbill-"
LABEL, LINK = f"{HEADER}label-", f"{HEADER}link-"
SENT_BY = f"{HEADER}sent-by"
MOST_LABELS, LONGEST_LABEL, MOST_LINKS = 50, 500, 20
MOST_IN_TEXT = 3
"""Addresses of its text that are links: what counts stands first, and below it what unsubscribes."""
_ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]]{4,2000}")
OLDEST, NEWEST = timedelta(days=5), timedelta(minutes=5)
"""How far its Date may be off: a mail server tries for five days."""

REPORT = "multipart/report"
REPLIED = "auto-replied"
GENERATED = "auto-generated"
AUTOREPLIES = ("x-autoreply", "x-autorespond")
UNTITLED = "(a mail without a subject)"
HIDDEN = "…"


def passed_over(mail: Mail, *, ours: str) -> str:
    """Why it opens nothing, for the log; empty where it is an alert. `ours` is what our own mails say to be
    sent by: an alert that is mailed to its own service must not raise itself.

    What programs send by themselves (cron: `Auto-Submitted: auto-generated`) is what this is for. Answers of
    programs are none, nor what tells that a mail did not arrive.
    """
    submitted = first(*mail.header("auto-submitted").lower().replace(";", " ").split()[:1])
    precedence = mail.header("precedence").lower()
    answers = mail.header("subject").lower().startswith("re:")
    if mail.header(SENT_BY) and mail.header(SENT_BY) == ours:
        return "it is our own"
    if mail.kind == REPORT:
        return "it tells what became of another mail"
    if (
        submitted == REPLIED
        or precedence == "auto_reply"
        or any(name in mail.headers for name in AUTOREPLIES)
    ):
        return "a program answered by it"
    if precedence in {"bulk", "junk"} and answers:
        return "a program answered by it"
    is_meant = submitted == GENERATED or any(name.startswith(HEADER) for name in mail.headers)
    if mail.return_path == "" and not is_meant:
        return "it has no sender, as a bounce"
    return ""


def parse(mail: Mail, *, tag: str = "", secrets: Sequence[str] = (), now: datetime) -> list[Event]:
    """At most one event: none of what pages nobody (a downtime, a comment). `tag` is what stood behind a + in
    the address; an action there counts unless a header says another. `secrets` stand in no part of the event.
    """
    mail = _hidden(mail, secrets)
    said = mail_subject.understood(mail.header("subject"))
    action = _action(mail, tag, said)
    if action is None:
        return []
    word = first(mail.header(f"{HEADER}severity"), said.word)
    sender = _sender(mail)
    summary = title(mail.header("subject"), mail.text.partition("\n")[0], UNTITLED)
    return [
        Event(
            action=action,
            dedup_key=_key(mail, said, sender),
            summary=summary,
            severity=_severity(mail, said),
            word=word.lower() if action is Action.TRIGGER else "",
            source=(sender or "mail")[:MAX_SOURCE],
            labels=_labels(mail, tag, sender),
            links=links([*islice(_named(mail, LINK), MOST_LINKS), *_in_text(mail)]),
            payload=_payload(mail),
            began_at=_began(mail, now),
        )
    ]


def mark(mail: Mail) -> str:
    """By which it is known again when it is delivered twice; empty for a mail without a Message-ID.

    Its words are part of that: a script that writes the same Message-ID each time means different alerts.
    """
    named = mail.header("message-id")
    same = (named, mail.header("date"), mail.header("subject"), mail.text)
    return digest("\n".join(same)) if named else ""


def _action(mail: Mail, tag: str, said: Said) -> Action | None:
    """By the header, the address, the subject; without any of them it is a problem."""
    asked = STATES.get(mail.header(f"{HEADER}action").lower()) or STATES.get(tag.lower())
    if asked is not None:
        return asked
    if said.quiet:
        return None
    if said.action is None and mail_subject.updates(mail.header("subject")):
        acknowledges = " acknowledged " in f" {mail.text[:400].lower()} "
        return Action.ACKNOWLEDGE if acknowledges else None
    return said.action or Action.TRIGGER


def _severity(mail: Mail, said: Said) -> str:
    asked = mail.header(f"{HEADER}severity")
    return severity_of(asked) if asked else said.severity or UNKNOWN_SEVERITY


def _key(mail: Mail, said: Said, sender: str) -> str:
    asked = mail.header(f"{HEADER}dedup-key")
    if asked:
        return asked if len(asked) <= MAX_DEDUP_KEY else digest(asked)
    return dedup_key(EMAIL, said.key or sender or "mail")


def _sender(mail: Mail) -> str:
    try:
        found = getaddresses([mail.header("from")])
    except (RecursionError, ValueError, IndexError):  # brackets in brackets in brackets
        found = []
    return next((address.strip().lower() for _, address in found if "@" in address), "")


def _labels(mail: Mail, tag: str, sender: str) -> Mapping[str, str]:
    asked = dict(islice(_named(mail, LABEL), MOST_LABELS))
    usual = {"from": sender, "list-id": mail.header("list-id"), "tag": "" if tag.lower() in STATES else tag}
    return {name: value[:LONGEST_LABEL] for name, value in {**usual, **asked}.items() if value}


def _named(mail: Mail, prefix: str) -> list[tuple[str, str]]:
    """(name, value) of the headers that begin so; their names are in lower case, as headers' are."""
    found = [
        (name.removeprefix(prefix), value) for name, value in mail.headers.items() if name.startswith(prefix)
    ]
    return [(name[:MAX_LABEL], value) for name, value in found if name and value]


def _in_text(mail: Mail) -> list[tuple[str, str]]:
    found = dict.fromkeys(match[0].rstrip(".,;:!?*_") for match in _ADDRESS.finditer(mail.text))
    return [("in the mail", address) for address in islice(found, MOST_IN_TEXT)]


def _payload(mail: Mail) -> dict[str, object]:
    said: dict[str, object] = {
        name: mail.header(name) for name in ("subject", "from", "date", "message-id") if mail.header(name)
    }
    said |= {name: value for name, value in mail.headers.items() if name.startswith(HEADER)}
    if mail.text:
        said["mail_text"] = mail.text  # shown with the alert
    if mail.attachments:
        said["attachments"] = [
            {"name": one.name, "type": one.kind, "bytes": one.size} for one in mail.attachments
        ]
    return said


def _began(mail: Mail, now: datetime) -> datetime | None:
    """Its Date, unless the clock that wrote it is far off."""
    try:
        at = parsedate_to_datetime(mail.header("date"))
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return at if now - OLDEST <= at <= now + NEWEST else None


def _hidden(mail: Mail, secrets: Sequence[str]) -> Mail:
    """The address is a secret, and a mail that was passed on quotes it."""
    if not secrets:
        return mail

    def hide(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, HIDDEN)
        return text

    headers = {name: hide(value) for name, value in mail.headers.items()}
    return Mail(
        headers=headers,
        text=hide(mail.text),
        attachments=mail.attachments,
        kind=mail.kind,
        return_path=mail.return_path,
    )
