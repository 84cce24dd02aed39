"""Notices hide nothing of pages: what says that pages are late or lost says nothing of notices."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine

from paging import dispatch
from paging.actions.notices import NoticeRequest, tell
from paging.core.notice import Notice
from paging.models import Notification
from people import metrics
from tests.paging.world import ALICE_MAIL, NOW, Clock, page, person
from tests.web.test_health import samples

pytestmark = pytest.mark.django_db(transaction=True)

LATE = timedelta(hours=2)
State = Notification.State


@pytest.fixture
def alice():
    return person(email=ALICE_MAIL)


def notice(user):
    said = Notice(title="You are on call: primary of Checkout", path="/handoffs/1")
    tell(requests=[NoticeRequest(user_id=user.pk, cause="handoff:1", run="on", notice=said)], now=NOW)


def ready(client):
    with time_machine.travel(NOW + LATE, tick=False):
        answer = client.get("/readyz?for=paging")
    return answer.status_code, answer.json()["oldest_overdue_seconds"]


def scraped(client):
    with time_machine.travel(NOW + LATE, tick=False):
        return samples(client.get("/metrics"))


def of_the_day(found):
    return {state: found["watchbill_notifications_day", state] for state in State.values}


def leave(state):
    """As a worker that stopped there has left them."""
    claim = {"claim": uuid4(), "lease_until": NOW} if state == State.CLAIMED else {}
    Notification.objects.update(state=state, **claim)


@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.CLAIMED])
def test_a_late_notice_does_not_make_it_unready(client, alice, state):
    notice(alice)
    leave(state)
    assert ready(client) == (200, 0)
    assert scraped(client)["watchbill_oldest_overdue_seconds",] == 0


@pytest.mark.parametrize("urgency", ["high", "low"])
@pytest.mark.parametrize("state", [State.PENDING, State.UNKNOWN, State.CLAIMED])
def test_a_late_page_makes_it_unready_whatever_its_urgency_and_beside_a_notice(client, alice, state, urgency):
    notice(alice)
    page(alice, urgency=urgency)
    leave(state)
    assert ready(client) == (503, LATE.total_seconds())
    assert scraped(client)["watchbill_oldest_overdue_seconds",] == LATE.total_seconds()


@pytest.mark.parametrize("state", [State.PENDING, State.SENT, State.FAILED])
def test_the_notifications_of_the_day_are_those_of_pages(client, alice, state):
    none = dict.fromkeys(State.values, 0)
    notice(alice)
    leave(state)
    assert of_the_day(scraped(client)) == none
    page(alice)
    leave(state)
    assert of_the_day(scraped(client)) == none | {state: 1}


def counted():
    delays = metrics.SEND_DELAY.labels(kind="email")
    return {
        "high": metrics.PAGES.labels(urgency="high")._value.get(),
        "info": metrics.PAGES.labels(urgency="info")._value.get(),
        "notices": metrics.NOTICES._value.get(),
        "delay": delays._sum.get(),
        "delays": sum(bucket.get() for bucket in delays._buckets),
    }


def more_since(before):
    return {name: value - before[name] for name, value in counted().items() if value != before[name]}


def test_a_notice_that_leaves_late_says_nothing_of_how_pages_leave(alice):
    before = counted()
    notice(alice)
    assert dispatch.send_due(clock=Clock(NOW + LATE)) == 1
    assert Notification.objects.get().state == State.SENT
    assert more_since(before) == {"notices": 1}


def test_a_page_that_leaves_late_is_counted_with_its_delay(alice):
    before = counted()
    page(alice)
    assert dispatch.send_due(clock=Clock(NOW + LATE)) == 1
    assert more_since(before) == {"high": 1, "delay": LATE.total_seconds(), "delays": 1}
