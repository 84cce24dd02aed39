"""Several pages said by one message: who says what, and what becomes of the others when it does not leave.

The notification that leaves is the `speaker`; those it speaks for are `bundled` and point to it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db.models import Q

from paging.core.delivery import WAITING, State
from paging.models import Notification

NEEDED = ("reason", "priority", "page_id", "page__cause", "page__run", "page__urgency", "page__service")
SAID = "said by another message"
STOPPED = "its page was stopped"


def say_together(speaker: Notification, others: Sequence[int]) -> None:
    """`others` are waiting rows (ids) that the caller holds locked; it saves what `speaker` says. What they
    spoke for is said by `speaker`, too.
    """
    theirs = lock(Q(bundled_into__in=others))
    Notification.objects.filter(pk__in=theirs).update(bundled_into=speaker)
    Notification.objects.filter(pk__in=others).update(state=State.BUNDLED, bundled_into=speaker, reason=SAID)
    speaker.says += len(others) + len(theirs)


def lock(which: Q) -> list[int]:
    """The bundled ones of them (ids), locked in one order, so that two who change them end in no deadlock."""
    rows = Notification.objects.filter(which, state=State.BUNDLED).order_by("pk")
    return list(rows.select_for_update(of=("self",)).values_list("id", flat=True))


def members(speaker: Notification) -> list[Notification]:
    """What it speaks for beside its own page, oldest first. Nothing is asked where it speaks for itself."""
    if speaker.says == 1:
        return []
    rows = Notification.objects.filter(bundled_into=speaker, state=State.BUNDLED)
    found = list(rows.select_related("page").only(*NEEDED).order_by("created_at", "id"))
    for one in found:  # all are to the same person, by the same method
        one.method, one.page.user = speaker.method, speaker.page.user
    return found


def drop_stopped(page_ids: Collection[int], *, reason: str) -> None:
    """Stopped pages leave the bundles that have not left."""
    Notification.objects.filter(
        page_id__in=page_ids,
        state=State.BUNDLED,
        bundled_into__state__in=WAITING,
        bundled_into__sent_at=None,
    ).update(state=State.SUPPRESSED, reason=reason[:200])


def drop_unsaid(speaker: Notification, causes: Collection[str]) -> None:
    """The message is written, and speaks of `causes` alone: the others were stopped after it was claimed."""
    rows = Notification.objects.filter(bundled_into=speaker, state=State.BUNDLED)
    rows.exclude(page__cause__in=causes).update(state=State.SUPPRESSED, reason=STOPPED)


def release(speaker_ids: Iterable[int], *, now: datetime) -> None:
    """These will not leave: what they spoke for waits again, unless its page was stopped, and leaves at once
    where the limits allow. Of one page, the oldest speaks for the rest.
    """
    rows = Notification.objects.filter(bundled_into__in=list(speaker_ids), state=State.BUNDLED)
    rows.filter(page__stopped_at__isnull=False).update(state=State.SUPPRESSED, reason=STOPPED)
    same: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for pk, page_id, method_id in rows.order_by("due_at", "id").values_list("id", "page_id", "method_id"):
        same[page_id, method_id].append(pk)
    for first, *rest in same.values():
        Notification.objects.filter(pk=first).update(
            state=State.PENDING, bundled_into=None, due_at=now, reason="", says=1 + len(rest)
        )
        Notification.objects.filter(pk__in=rest).update(bundled_into=first)


def fail_members(speaker: Notification) -> list[Notification]:
    """What it spoke for has failed with it. Returns one notification of each such page, to go another way."""
    failed = members(speaker)
    Notification.objects.filter(pk__in=[one.pk for one in failed]).update(
        state=State.FAILED, reason="the message that said it did not arrive"
    )
    return list({one.page_id: one for one in failed if one.page_id != speaker.page_id}.values())
