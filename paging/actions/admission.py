"""Whether an address takes a message now; if not, what becomes of it.

Called by a claim, in its transaction. Locks are taken in one order: the claimed row, its address, then other
waiting rows, of which those that somebody holds are passed over.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from paging import loading
from paging.actions import bundles, timeline
from paging.actions.resting import rests
from paging.actions.wayround import go_another_way
from paging.core import bundles as bundling
from paging.core import limits
from paging.core.cause import is_code
from paging.core.delivery import State
from paging.core.limits import Opening, Sent
from paging.core.rules import HIGH, HOOK, INFO
from paging.models import Notification, Page
from people.ledger.record import record
from people.ledger.verbs import Verb

MOMENT = timedelta(seconds=2)


def admit(lead: Notification, *, now: datetime) -> bool:
    """True: it may leave, and speaks for what waits with it; the caller saves it. False: a limit holds it
    back, and its row says until when.
    """
    if lead.method.kind == HOOK and rests(lead, now=now):
        return False
    if lead.admitted_at is not None:  # another try of a message that was let go
        return True
    if is_code(lead.page.cause):  # somebody waits for it, and asks at a pace that is limited already
        lead.admitted_at = now
        return True
    kind, notice = lead.method.kind, lead.page.urgency == INFO
    sent: list[Sent] = []
    if kind in limits.OF_KIND:
        sent = loading.sent_to(loading.lock_address(lead.method), now=now)
    opening = limits.opening(kind, sent, notice=notice, now=now)
    if opening.rule is not None:
        if not _lift(lead, sent, opening, now=now):
            return False
        lead.beyond_limit = True
        lead.reason = f"beyond the limit, {limits.in_words(kind, opening.rule)}: a first page does not wait"
    elif lead.held_since is not None:
        lead.reason = "a limit had held it back"
    lead.admitted_at = now
    _speak_for(lead, now=now)
    return True


def _speak_for(lead: Notification, *, now: datetime) -> None:
    """What is locked is passed over by others: nothing is, unless there is enough for a bundle."""
    needed = bundling.needed(lead.method.kind)
    if needed is None:
        return
    found = _of_service(lead, needed=needed, now=now)
    if len(found) < needed:
        return
    ids = list(_still_waiting(found).select_for_update(skip_locked=True).values_list("id", flat=True))
    if len(ids) >= needed:
        bundles.say_together(lead, ids)


def _of_service(lead: Notification, *, needed: int = 1, now: datetime) -> list[int]:
    """What else waits for the same person, way and service: due, or held back earlier."""
    service = lead.page.service
    waiting = loading.waiting_beside(lead, held_too=True, now=now) if service else {}
    if len(waiting) < needed:
        return []
    pages = set(_running(lead, waiting.values()).filter(service=service).values_list("id", flat=True))
    return [pk for pk, page_id in waiting.items() if page_id in pages]


def _running(lead: Notification, page_ids: Iterable[int]) -> QuerySet[Page]:
    """Pages if it is of a page, notices if it is one."""
    rows = Page.objects.filter(pk__in=set(page_ids), stopped_at=None)
    return rows.filter(urgency=INFO) if lead.page.urgency == INFO else rows.exclude(urgency=INFO)


def _still_waiting(ids: Collection[int]) -> QuerySet[Notification]:
    rows = Notification.objects.filter(pk__in=ids, state=State.PENDING, admitted_at=None)
    return rows.order_by("due_at", "id")


def _locked(ids: Collection[int], lead: Notification) -> list[Notification]:
    """What somebody holds is passed over. All are to the same person by the same method."""
    rows = _still_waiting(ids).select_for_update(skip_locked=True, of=("self",)).select_related("page")
    found = list(rows.defer("page__facts"))
    for one in found:
        one.method, one.page.user = lead.method, lead.page.user
    return found


def _lift(lead: Notification, sent: Sequence[Sent], opening: Opening, *, now: datetime) -> bool:
    """Whether it goes beyond the limit. If not, it waits; the first page of a high-urgency incident has then
    gone another way, or waits for a message that has just spoken of its service.
    """
    service = lead.page.service
    group = [lead, *_locked(_of_service(lead, now=now), lead)]
    gone, stuck = go_another_way(group, now=now)
    waits = opening
    if stuck:
        spoken = [one.at for one in sent if one.service == service != "" and not one.notice]
        just_now = limits.next_opening([(limits.ONE_SERVICE, spoken)], now=now)
        if just_now.rule is None:
            return True
        waits = min(opening, just_now, key=lambda one: one.at)
    _hold(group, waits, gone, now=now)
    _hold(_held_too(group, now=now), opening, {}, now=now)
    return False


def _held_too(group: Sequence[Notification], *, now: datetime) -> list[Notification]:
    """What is due to the same phone about other services, without first pages: put off in one go, so that a
    backlog is not looked at one by one.
    """
    lead, mine = group[0], {one.pk for one in group}
    beside = loading.waiting_beside(lead, held_too=False, now=now)
    waiting = {pk: page for pk, page in beside.items() if pk not in mine}
    if not waiting:
        return []
    pages = {page.pk: page for page in _running(lead, waiting.values()).defer("facts")}
    heard = loading.heard(lead.page.user_id, {page.cause for page in pages.values() if page.urgency == HIGH})
    late = {pk for pk, page in pages.items() if page.urgency != HIGH or heard.get(page.cause)}
    return _locked([pk for pk, page_id in waiting.items() if page_id in late], lead)


def _hold(group: Sequence[Notification], opening: Opening, gone: Mapping[int, str], *, now: datetime) -> None:
    """The first of them is due again when the address takes the next, and then speaks for the others or goes
    before them: they are due a moment later, so that workers do not fall over each other. On the timeline
    once. Of one page, the oldest speaks for all that come due until then.
    """
    if not group:
        return
    heads = {one.page_id: one for one in reversed(group)}
    others = [one.pk for one in heads.values() if one.pk != group[0].pk]
    _fold(heads, until=opening.at)
    method = group[0].method
    rule = limits.in_words(method.kind, opening.rule) if opening.rule else ""
    why = f"waits until {opening.at:%Y-%m-%d %H:%M:%S} UTC: {rule}"
    for ids, due_at in (([group[0].pk], opening.at), (others, opening.at + MOMENT)):
        Notification.objects.filter(pk__in=ids).update(
            due_at=due_at, reason=why[:200], held_since=Coalesce(F("held_since"), now)
        )
    lines = [
        timeline.line(Verb.PAGE_HELD, one, f"{timeline.named(one)} {why}" + _instead(gone.get(one.page_id)))
        for one in heads.values()
        if one.held_since is None
    ]
    if lines:
        record(lines, now=now)


def _fold(heads: Mapping[int, Notification], *, until: datetime) -> None:
    method_id = next(iter(heads.values())).method_id
    later = Notification.objects.filter(
        method_id=method_id,
        page_id__in=list(heads),
        state=State.PENDING,
        admitted_at=None,
        due_at__lte=until + MOMENT,
    ).exclude(pk__in=[one.pk for one in heads.values()])
    for one in later.select_for_update(skip_locked=True):
        head = heads[one.page_id]
        bundles.say_together(head, [one.pk])
        Notification.objects.filter(pk=head.pk).update(says=head.says)
        if one.due_at in {until, until + MOMENT}:  # no two of a page and method are due at one instant
            Notification.objects.filter(pk=one.pk).update(due_at=one.due_at - timedelta(microseconds=1))


def _instead(kind: str | None) -> str:
    return f"; {timeline.CALLED[kind]} at once instead" if kind else ""
