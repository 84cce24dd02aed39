"""Another way for a message that failed: the next provider, or the next method; else the page is lost."""

from datetime import datetime, timedelta

from django.db.models import Q

from paging import loading
from paging.actions import bundles, timeline
from paging.actions.bundles import STOPPED
from paging.actions.pages import reachable
from paging.actions.refusals import DISABLING, disable_refused
from paging.actions.timeline import CALLED
from paging.channels.registry import providers_of
from paging.core.delivery import ELSEWHERE, WAITING, Fault, State
from paging.core.failover import in_order
from paging.core.rules import detour
from paging.models import Attempt, Notification, Page
from paging.queue import nudge_on_commit
from people.ledger.record import record
from people.ledger.verbs import Verb


def lock_page(failed: Notification) -> Page:
    """Of two messages of one page that fail at once, the second sees that the first has failed. All the pages
    that the message said are locked, before their notifications, which is the order of a stop, too: call it
    first. Another way may be added to them meanwhile. Returns its own page.
    """
    said = Notification.objects.filter(Q(pk=failed.pk) | Q(bundled_into=failed)).values("page")
    rows = Page.objects.select_for_update(no_key=True).filter(pk__in=said).order_by("pk")
    return {row.pk: row for row in rows}[failed.page_id]


def go_on(failed: Notification, *, now: datetime, fault: Fault = Fault.MESSAGE, why: str = "") -> str:
    """Another way at once, for a message that failed, or that its carrier gave back, and for each page that
    it said beside its own. Returns what the timeline says about its own; of the others it says so itself. In
    the caller's transaction, which has the page's lock (`lock_page`) and has written the message's own state.

    TEMPORARY and PROVIDER: by the next provider of the same method, each of them once a page; where all
    have tried, by the next method. MESSAGE: by the next method. ADDRESS and OPTED_OUT: the method is
    disabled, and then by the next one. `why` is the provider's sentence.
    """
    if fault in DISABLING:
        disable_refused(method=failed.method, fault=fault, why=why, now=now)
    wanted = reachable(failed.page.user) and Page.objects.filter(pk=failed.page_id, stopped_at=None).exists()
    if wanted and fault in ELSEWHERE and (title := _by_next_provider(failed, now=now)):
        return f"{CALLED[failed.method.kind]} by {title} at once instead"
    lines = [
        timeline.line(
            Verb.PAGE_FAILED,
            one,
            f"{timeline.named(one)} failed; {_other_way(one, now=now)}",
            failed.reason,
        )
        for one in bundles.fail_members(failed)
    ]
    if lines:
        record(lines, now=now)
    return _other_way(failed, now=now)


def _other_way(failed: Notification, *, now: datetime) -> str:
    page = failed.page
    if not Page.objects.filter(pk=page.pk, stopped_at=None).exists():
        return STOPPED
    if not reachable(page.user):
        _give_up(page, now=now)
        return "nobody is asked in their place"
    return _by_next_method(failed, now=now)


def _by_next_provider(failed: Notification, *, now: datetime) -> str:
    """The same to the same method, as a message of its own, so that a late receipt of the former one
    says nothing of it. It speaks for whom that one spoke for, and asks no limit: the address did not get it.
    Returns the title of its provider; empty where every one has tried.
    """
    titles = providers_of(failed.method.kind)
    same = Notification.objects.filter(page_id=failed.page_id, method_id=failed.method_id)
    tried = set(Attempt.objects.filter(notification__in=same).values_list("provider", flat=True))
    tried |= set(same.exclude(provider="").values_list("provider", flat=True))
    names = list(titles)
    left = [
        name for name in (names[place] for place in in_order(names, at=failed.provider)) if name not in tried
    ]
    if not left:
        return ""
    # Rows of one method and page differ in their moments; this one may come at the very same.
    due_at = now - timedelta(microseconds=same.count())
    again = Notification.objects.create(
        page_id=failed.page_id,
        method_id=failed.method_id,
        due_at=due_at,
        created_at=now,
        provider=left[0],
        priority=failed.priority,
        admitted_at=now,
        says=failed.says,
    )
    Notification.objects.filter(bundled_into=failed, state=State.BUNDLED).update(bundled_into=again)
    nudge_on_commit()
    return titles[left[0]]


def _by_next_method(failed: Notification, *, now: datetime) -> str:
    page = failed.page
    methods = loading.usable_methods([page.user_id]).get(page.user_id, ())
    way = detour(methods, loading.told(page.pk), urgency=page.urgency)
    forward = Notification.objects.filter(pk__in=way.forward)
    kinds = list(forward.values_list("method__kind", flat=True)) if way.forward else []
    forward.filter(state__in=WAITING, due_at__gt=now).update(due_at=now)
    Notification.objects.bulk_create(
        Notification(page=page, method_id=method.id, due_at=now, created_at=now, priority=failed.priority)
        for method in way.extra
    )
    instead = sorted({*kinds, *(method.kind for method in way.extra)})
    nudge_on_commit()
    if not instead:
        _give_up(page, now=now)
    return (
        f"{' and '.join(CALLED[kind] for kind in instead)} at once instead"
        if instead
        else "no other way is left"
    )


def _give_up(page: Page, *, now: datetime) -> None:
    """Nothing of it arrived and nothing more is to come: the floor above reads that, and asks others."""
    hopeful = page.notifications.exclude(state__in=[State.FAILED, State.UNDELIVERED])
    if not hopeful.exists():
        Page.objects.filter(pk=page.pk).update(unreachable_at=now)
