"""“new checkout: disk full”: an incident that somebody opens by SMS."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from escalation.actions.respond import Refused
from escalation.intake import Trouble, raise_incident
from escalation.models import Incident, Service
from escalation.replies.acting import named
from escalation.sources.event import UNKNOWN_SEVERITY, severity_of
from paging.core.render import clean
from people.ledger.record import Actor
from people.models import User

LISTED = 5  # names of services in an answer
SEVERITY = re.compile(r"sev-?[1-4]\b", re.IGNORECASE)
BETWEEN = " \t:,;-"


def open_by_text(rest: str, *, by: User, via: str, now: datetime) -> tuple[str, bool]:
    """The sentence that goes back, and whether it was understood. `rest` begins with a service, in full or as
    far as no other begins so; then perhaps a severity, then what is wrong.
    """
    names = list(Service.objects.filter(retired_at=None).order_by("name").values_list("name", flat=True))
    name = _service(rest, names)
    if name is None:
        return _how(rest, names), False
    title = rest[_length(rest, name) :].strip(BETWEEN)
    severity = UNKNOWN_SEVERITY
    if match := SEVERITY.match(title):
        severity, title = severity_of(match[0]), title[match.end() :].strip(BETWEEN)
    service = Service.objects.get(name=name)
    try:
        trouble = Trouble(service=service, title=title, severity=severity)
        incident, _ = raise_incident(trouble, by=Actor.person(by, via=via), now=now)
    except Refused as refusal:
        return f"{refusal} Write: new {name}: what is wrong.", False
    return f"Opened {named(incident)}, {incident.severity}.{_quiet(incident)}", True


def _quiet(incident: Incident) -> str:
    """Whoever writes at night must not believe that somebody is paged."""
    if incident.quiet_until is None:
        return ""
    until = f"{incident.quiet_until.astimezone(UTC):%d %b %H:%M} UTC"
    return f" Pages nobody before {until}: {incident.parked_reason}."


def _service(rest: str, names: Sequence[str]) -> str | None:
    """The longest name that it begins with; else the only one that begins with its first word."""
    said = rest.casefold()
    whole = [name for name in names if re.match(re.escape(name.casefold()) + r"(?!\w)", said)]
    if whole:
        return max(whole, key=len)
    first = _first_word(rest)
    begun = [name for name in names if first and name.casefold().startswith(first.casefold())]
    return begun[0] if len(begun) == 1 else None


def _length(rest: str, name: str) -> int:
    return len(name) if rest.casefold().startswith(name.casefold()) else len(_first_word(rest))


def _first_word(rest: str) -> str:
    match = re.match(r"[^\s:,;]+", rest)
    return match[0] if match else ""


def _how(rest: str, names: Sequence[str]) -> str:
    first = clean(_first_word(rest), limit=30)
    known = ", ".join(clean(name, limit=30) for name in names[:LISTED])
    more = ", ..." if len(names) > LISTED else ""
    which = f"No one service begins with {first}. " if first else ""
    return f"{which}Write: new SERVICE: what is wrong. Services: {known}{more}."
