"""A worker that dies, or is slow, while it holds a notification."""

import pytest

from paging import dispatch
from paging.core import retry
from paging.models import Attempt, Notification
from people.ledger.models import Entry
from tests.paging.world import ALICE_SMS, Clock, page, person, states

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("second", "again"), [(14, 0), (15, 0), (16, 1)])
def test_a_claim_whose_worker_died_is_sent_again_after_its_lease(phone, second, again):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    dispatch._claim(clock)  # and the worker is killed
    assert dispatch.send_due(clock=clock) == 0
    clock.advance(seconds=second)
    assert dispatch.send_due(clock=clock) == again
    if again:
        phone.expect_sms(to=ALICE_SMS)
        assert Entry.objects.get(verb="page.sent").why == dispatch.LOST


def test_a_message_that_kills_its_workers_is_given_up(phone):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    for _ in range(retry.TRIES):
        dispatch._take_back_lost(clock())
        assert dispatch._claim(clock)
        clock.advance(seconds=16)
    assert dispatch.send_due(clock=clock) == 1
    assert states() == {"sms": "failed"}


def test_a_slow_worker_still_says_what_became_of_its_message(phone):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    claimed = dispatch._claim(clock)
    clock.advance(seconds=16)
    dispatch._take_back_lost(clock())
    dispatch.hand_over(claimed, clock=clock)
    phone.expect_sms(to=ALICE_SMS)
    assert states() == {"sms": "sent"}
    assert dispatch.send_due(clock=clock) == 0


def test_a_worker_that_lost_its_claim_changes_no_state_and_stays_on_record(phone):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    slow = dispatch._claim(clock)
    clock.advance(seconds=16)
    dispatch._take_back_lost(clock())
    other = dispatch._claim(clock)
    phone.fail_next(status=400, code=21211)
    dispatch.hand_over(slow, clock=clock)
    assert states() == {"sms": "claimed"}
    dispatch.hand_over(other, clock=clock)
    phone.expect_sms(to=ALICE_SMS)
    assert states() == {"sms": "sent"}
    assert Attempt.objects.count() == 2


def test_what_a_provider_took_is_sent_whoever_holds_the_claim_by_then(phone):
    page(person(sms=ALICE_SMS))
    clock = Clock()
    slow = dispatch._claim(clock)
    clock.advance(seconds=16)
    dispatch._take_back_lost(clock())
    assert dispatch._claim(clock)
    dispatch.hand_over(slow, clock=clock)
    phone.expect_sms(to=ALICE_SMS)
    assert states() == {"sms": "sent"}
    assert Notification.objects.get().sent_at is not None
