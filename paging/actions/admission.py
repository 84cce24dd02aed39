"""Whether an address takes a message now; if not, what becomes of it.

Called by a claim, in its transaction. Locks are taken in one order: the claimed row, its address, then other
waiting rows, of which those that somebody holds are passed over.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce

from paging import loading
from paging.actions import bundles
from paging.actions.pages import subject_of
from paging.actions.wayround import go_another_way
from paging.core import limits
from paging.core.address import masked
from paging.core.bundles import FROM, said_with
from paging.core.delivery import State
from paging.core.limits import Opening, Sent
from paging.core.rules import HIGH, INFO
from paging.models import Notification
from people.ledger.record import ENGINE, Line, record
from people.ledger.verbs import Verb

CALLED = {"sms": "SMS", "voice": "call"}
MOST = 1000  # pages in one message; what is more is said by the next


def admit(lead: Notification, *, now: datetime) -> bool:
    """True: it may leave, and speaks for what waits with it; the caller saves it. False: a limit holds it
    back, and its row says until when.
    """
    if lead.admitted_at is not None:  # another try of a message that was let go
        bundles.drop_what_stopped(lead)
        return True
    kind, notice = lead.method.kind, lead.page.urgency == INFO
    sent: list[Sent] = []
    if kind in limits.OF_KIND:
        sent = loading.sent_to(loading.lock_address(lead.method), now=now)
    opening = limits.opening(kind, sent, notice=notice, now=now)
    group = _waiting_with(lead, now=now)
    if opening.rule is not None and not _lift([lead, *group], sent, opening, now=now):
        return False
    lead.admitted_at = now
    if opening.rule is not None:
        lead.beyond_limit = True
        lead.reason = f"beyond the limit, {limits.in_words(kind, opening.rule)}: a first page does not wait"
    elif lead.held_since is not None:
        lead.reason = "a limit had held it back"
    _speak_for(lead, group, now=now)
    return True


def _waiting_with(lead: Notification, *, now: datetime) -> list[Notification]:
    """What else waits for the same person, way and service, oldest first: due, or held back earlier."""
    enough = FROM.get(lead.method.kind)
    if enough is None or not lead.page.service:
        return []
    notices = Q(page__urgency=INFO)
    waiting = Notification.objects.filter(
        Q(due_at__lte=now) | Q(held_since__isnull=False),
        notices if lead.page.urgency == INFO else ~notices,
        method_id=lead.method_id,
        state=State.PENDING,
        admitted_at=None,
        page__service=lead.page.service,
        page__stopped_at=None,
    ).exclude(pk=lead.pk)
    # What is locked is passed over by the others: nothing is, unless it will be said by this message.
    if lead.method.kind not in limits.OF_KIND and len(waiting.values_list("id")[: enough - 1]) < enough - 1:
        return []
    locked = waiting.select_for_update(skip_locked=True, of=("self",)).select_related("page__user", "method")
    return list(locked.order_by("due_at", "id")[:MOST])


def _speak_for(lead: Notification, group: Sequence[Notification], *, now: datetime) -> None:
    said = said_with(lead.page.cause, [one.page.cause for one in group], kind=lead.method.kind)
    if not said:
        return
    others = [group[index] for index in said]
    bundles.say_together(lead, others)
    count = len({one.page.cause for one in [lead, *others]})
    if count > 1:
        what = f"{_message(lead)} says {count} of {lead.page.service} at once"
        verb = Verb.NOTICE_BUNDLED if lead.page.urgency == INFO else Verb.PAGE_BUNDLED
        record([_line(verb, one, what) for one in [lead, *others]], now=now)


def _lift(group: Sequence[Notification], sent: Sequence[Sent], opening: Opening, *, now: datetime) -> bool:
    """Whether it goes beyond the limit. If not, it waits; the first page of a high-urgency incident has then
    gone another way, or waits for a message that has just spoken of its service.
    """
    gone, stuck = go_another_way(group, now=now)
    waits = opening
    if stuck:
        service = group[0].page.service
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
    lead = group[0]
    notices, urgent = Q(page__urgency=INFO), Q(page__urgency=HIGH)
    heard = Notification.objects.filter(
        loading.REACHED, page__cause=OuterRef("page__cause"), page__user=OuterRef("page__user")
    ).exclude(page__urgency=INFO)
    rows = Notification.objects.filter(
        notices if lead.page.urgency == INFO else ~notices & (~urgent | Exists(heard)),
        method_id=lead.method_id,
        state=State.PENDING,
        admitted_at=None,
        due_at__lte=now,
        page__stopped_at=None,
    ).exclude(pk__in=[one.pk for one in group])
    locked = rows.select_for_update(skip_locked=True, of=("self",)).select_related("page__user", "method")
    return list(locked.order_by("due_at", "id")[:MOST])


def _hold(group: Sequence[Notification], opening: Opening, gone: Mapping[int, str], *, now: datetime) -> None:
    """Due again when the address takes the next; on the timeline once. Of one page, the oldest speaks for all
    that come due until then.
    """
    if not group:
        return
    heads = {one.page_id: one for one in reversed(group)}
    _fold(heads, until=opening.at)
    method = group[0].method
    rule = limits.in_words(method.kind, opening.rule) if opening.rule else ""
    why = f"waits until {opening.at:%Y-%m-%d %H:%M:%S} UTC: {rule}"
    Notification.objects.filter(pk__in=[one.pk for one in heads.values()]).update(
        due_at=opening.at, reason=why[:200], held_since=Coalesce(F("held_since"), now)
    )
    verb = Verb.NOTICE_HELD if group[0].page.urgency == INFO else Verb.PAGE_HELD
    lines = [
        _line(verb, one, f"{_message(one)} {why}" + _instead(gone.get(one.page_id)))
        for one in heads.values()
        if one.held_since is None
    ]
    if lines:
        record(lines, now=now)


def _fold(heads: Mapping[int, Notification], *, until: datetime) -> None:
    method_id = next(iter(heads.values())).method_id
    later = Notification.objects.filter(
        method_id=method_id, page_id__in=list(heads), state=State.PENDING, admitted_at=None, due_at__lte=until
    ).exclude(pk__in=[one.pk for one in heads.values()])
    for one in later.select_for_update(skip_locked=True, of=("self",)).select_related("page"):
        bundles.say_together(heads[one.page_id], [one])
        if one.due_at == until:  # of one page and method, no two are due at one instant
            Notification.objects.filter(pk=one.pk).update(due_at=until - timedelta(microseconds=1))


def _instead(kind: str | None) -> str:
    return f"; {CALLED.get(kind, kind)} at once instead" if kind else ""


def _message(one: Notification) -> str:
    kind = one.method.kind
    return f"{CALLED.get(kind, kind)} to {one.page.user} ({masked(one.method.address)})"


def _line(verb: Verb, one: Notification, what: str) -> Line:
    data = {"page": one.page_id, "notification": one.pk, "via": one.method.kind, "user": one.page.user_id}
    return Line(verb, subject_of(one.page.cause), ENGINE, what, data=data)
