"""Keeps the list of what is unwell, and has people told: once when it has lasted, once when it is over.

Every process looks, also every web, since when all engines are dead only a web can tell. The rows see to it
that one of them tells.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet

from paging.actions.alarms import alarm
from paging.actions.notices import NoticeRequest
from paging.actions.pages import fallback_recipient
from paging.core.notice import Notice
from paging.core.render import clean
from paging.selectors import asked_about, has_taken
from people.models import Membership, User
from watchbill.watch.models import Trouble
from watchbill.watch.unwell import PROVIDER, Unwell

LASTS = timedelta(minutes=1)
"""So long it has to be unwell before anybody hears."""
SURE = timedelta(seconds=9)
"""So long ago it has to have been found: what waited while all were down is done in the next seconds."""
GONE = timedelta(seconds=30)
"""What nobody has seen for so long is over. Each process looks every 10 s, and not all see the same."""
CALM = timedelta(minutes=3)
"""The same for what people were told of: what comes and goes every minute is told as one."""
PATH = "/admin/watch/trouble/"
log = structlog.get_logger(__name__)


def keep(found: Sequence[Unwell], *, now: datetime) -> None:
    """Write down what is `found` and what is over, and the notices about it, in one transaction. `now` by the
    database's clock. Where nothing is unwell and nothing was, it costs one question.
    """
    seen = {one.kind: one for one in found}
    known = set(_open().values_list("kind", flat=True))
    if not (seen or known):
        return
    with transaction.atomic():
        Trouble.objects.bulk_create(
            [_row(one, now) for kind, one in seen.items() if kind not in known], ignore_conflicts=True
        )
        for row in _open().select_for_update(skip_locked=True).order_by("kind"):  # who holds it, tells
            if row.kind in seen:
                _go_on(row, seen[row.kind], now=now)
            elif now - row.seen_at >= (CALM if row.told_at else GONE):
                _end(row, now=now)


def _open() -> QuerySet[Trouble]:
    return Trouble.objects.filter(ended_at=None)


def _row(one: Unwell, now: datetime) -> Trouble:
    return Trouble(
        kind=one.kind,
        title=clean(one.title, limit=200),
        what=clean(one.what, limit=600),
        began_at=one.began_at,
        found_at=now,
        seen_at=now,
    )


def _go_on(row: Trouble, one: Unwell, *, now: datetime) -> None:
    row.seen_at, row.what = max(row.seen_at, now), clean(one.what, limit=600)
    if row.told_at is None and now - row.began_at >= LASTS and now - row.found_at >= SURE:
        row.told_at = now
        notice = Notice(
            title=row.title,
            lines=(f"Since {row.began_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC. {row.what}", one.mend),
            path=PATH,
            label="See what is unwell",
        )
        if not _tell(row, notice, broken=one.broken, now=now):
            log.error("nobody_can_be_told", trouble=row.kind, mend="set FALLBACK_CONTACT")
        log.error("unwell", trouble=row.kind, what=row.what)
    row.save(update_fields=["seen_at", "what", "told_at"])


def _end(row: Trouble, *, now: datetime) -> None:
    if row.told_at is None:
        row.delete()
        return
    row.ended_at = row.seen_at
    row.save(update_fields=["ended_at"])
    notice = Notice(
        title=f"Over: {row.title}", lines=(f"{row.span}. {_ending(row)}",), path=PATH, label="See it"
    )
    alarm(requests=_requests(row, asked_about(row.cause), "over", notice), broken=(), now=now)
    log.warning("well_again", trouble=row.kind)


def _ending(row: Trouble) -> str:
    kind, _, name = row.kind.partition(":")
    if kind == PROVIDER and not has_taken(name, since=row.began_at):
        return "Nothing was sent by it for a while: whether it would take a message is not known."
    return "It is well again."


def _tell(row: Trouble, notice: Notice, *, broken: Collection[str], now: datetime) -> bool:
    """Whether anybody hears: administrators and FALLBACK_CONTACT, in their place the managers of teams."""
    fallback = fallback_recipient(now=now)
    administrators = _ids(User.objects.filter(is_superuser=True))
    managers = _ids(User.objects.filter(memberships__role=Membership.Role.MANAGER))
    for people in ({*administrators, *([fallback] if fallback else [])}, managers):
        requests = _requests(row, people, "began", notice)
        if people - set(alarm(requests=requests, broken=broken, now=now)):
            return True
    return False


def _ids(users: QuerySet[User]) -> set[int]:
    return set(users.filter(is_active=True).values_list("pk", flat=True))


def _requests(row: Trouble, people: Collection[int], run: str, notice: Notice) -> list[NoticeRequest]:
    return [NoticeRequest(user_id=pk, cause=row.cause, run=run, notice=notice) for pk in sorted(people)]
