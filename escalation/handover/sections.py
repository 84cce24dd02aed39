"""The sections of a note, in their order. A new one is a function and a line here."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from escalation.handover.changes import changes
from escalation.handover.incidents import open_incidents
from escalation.handover.lines import NOTHING, Item, Section, clipped, listed
from escalation.handover.paging import noise, pages
from escalation.handover.quiet import maintenance
from escalation.handover.scope import Scope

log = structlog.get_logger(__name__)


class Kind(NamedTuple):
    key: str
    title: str
    read: Callable[[Scope], Sequence[Item]]


def _watch(scope: Scope) -> Sequence[Item]:
    """A line of what the outgoing person wrote is an item."""
    lines = [line for line in scope.handoff.watch.splitlines() if line.strip()]
    return listed(lines, lambda line: Item(text=clipped(line)), total=len(lines))


def _mood(scope: Scope) -> Sequence[Item]:
    return [Item(text=clipped(scope.handoff.mood))] if scope.handoff.mood.strip() else []


KINDS = (
    Kind("incidents", "Open incidents", open_incidents),
    Kind("pages", "What was paged", pages),
    Kind("noise", "Noisy and muted alerts", noise),
    Kind("changes", "Changes seen", changes),
    Kind("maintenance", "Maintenance", maintenance),
    Kind("watch", "What to watch", _watch),
    Kind("mood", "How it was", _mood),
)
OWN_WORDS = frozenset({"watch", "mood"})


def read(kind: Kind, scope: Scope) -> Section:
    """A section that cannot be read says so; it must not keep the rest of the note back."""
    try:
        with _apart():
            items = kind.read(scope)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("section_not_read", handoff=scope.handoff.pk, section=kind.key)
        items = [Item(text="This part could not be put together; look for yourself.")]
    return Section(kind.key, kind.title, items or [Item(text=NOTHING)])


def _apart() -> AbstractContextManager[object]:
    """Within a transaction a failed query must not end it; a page that only reads needs none."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
