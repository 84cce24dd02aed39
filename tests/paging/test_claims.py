"""Many workers at once, on real transactions."""

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, connection, transaction

from paging import dispatch
from paging.actions import outcomes, pages, refusals
from paging.channels.base import ChannelError, Fault
from paging.models import Attempt, Notification, Page
from tests.paging.world import ALICE_SMS, CAUSE, NOW, Clock, Statements, page, person, rules
from tests.racing import GIVE_UP, at_once

pytestmark = pytest.mark.django_db(transaction=True)


def start(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_workers_at_once_never_send_one_notification_twice(phone):
    people = [person(f"p{n}", sms=f"+141555501{n:02}") for n in range(20)]
    page(*people)
    at_once(*4 * [lambda: dispatch.send_due(clock=Clock())])
    for number in range(20):
        phone.expect_sms(to=f"+141555501{number:02}")
    assert Attempt.objects.count() == 20
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_provider_that_hangs_holds_up_one_worker_only(phone):
    page(person(sms=ALICE_SMS), person("bob", "Bob Ruiz", sms="+14155550102"))
    silence = phone.hang_next()
    stuck = start(lambda: dispatch.send_due(clock=Clock(), limit=1))
    assert silence.reached.wait(GIVE_UP)
    assert dispatch.send_due(clock=Clock()) == 1
    phone.expect_sms(to="+14155550102")
    silence.release.set()
    stuck.join(GIVE_UP)
    phone.expect_sms(to=ALICE_SMS)


def test_a_stop_waits_for_no_provider_and_what_is_in_its_hands_is_said_to_be_sent(phone):
    page(person(sms=ALICE_SMS))
    silence = phone.hang_next()
    stuck = start(lambda: dispatch.send_due(clock=Clock(), limit=1))
    assert silence.reached.wait(GIVE_UP)
    pages.stop(cause=CAUSE, reason="acknowledged", now=Clock()())
    silence.release.set()
    stuck.join(GIVE_UP)
    phone.expect_sms(to=ALICE_SMS)
    assert Notification.objects.get().state == "sent"


def test_an_answer_is_written_down_though_the_connection_broke_meanwhile(phone, monkeypatch):
    page(person(sms=ALICE_SMS))
    put, broken = outcomes._put, [1, 2]

    def break_twice(*args: object, **words: object) -> bool:
        if broken:
            broken.pop()
            raise OperationalError("server closed the connection unexpectedly")
        return put(*args, **words)

    monkeypatch.setattr(outcomes, "_put", break_twice)
    assert dispatch.send_due(clock=Clock()) == 1
    phone.expect_sms(to=ALICE_SMS)
    assert Notification.objects.get().state == "sent"
    assert Attempt.objects.count() == 1


def test_who_waits_for_a_provider_holds_no_connection_of_the_pool(phone, monkeypatch):
    page(person(sms=ALICE_SMS))
    let_go = []
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", {"max_size": 20})
    monkeypatch.setattr(connection, "close", lambda: let_go.append(Notification.objects.get().state))
    assert dispatch.send_due(clock=Clock()) == 1
    phone.expect_sms(to=ALICE_SMS)
    assert let_go == ["claimed"]


def test_two_transactions_that_ask_the_same_make_one_page():
    alice = person(sms=ALICE_SMS)

    def ask() -> None:
        with transaction.atomic():
            page(alice)

    at_once(ask, ask)
    assert (Page.objects.count(), Notification.objects.count()) == (1, 1)


def test_sending_inside_a_transaction_is_refused():
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        dispatch.send_due(clock=Clock())


def test_a_message_costs_at_most_ten_statements_of_which_three_are_for_its_limit(capsys):
    page(*(person(f"p{n}", sms=f"+1415555010{n}") for n in range(10)))
    alone = len(Statements.during(lambda: dispatch.send_due(clock=Clock(), limit=1)))
    rest = len(Statements.during(lambda: dispatch.send_due(clock=Clock())))
    assert Notification.objects.filter(state="sent").count() == 10
    assert alone <= 10
    idle = len(Statements.during(lambda: dispatch.send_due(clock=Clock())))
    assert idle <= 5
    assert rest <= 9 * 10 + idle


def test_of_two_messages_that_fail_at_once_the_second_sees_that_nobody_was_reached(phone, monkeypatch):
    """Both have written their failure before either asks about the other, unless the page makes them wait."""
    page(person(sms=ALICE_SMS, voice=ALICE_SMS))
    both_failed = threading.Barrier(2)
    put = outcomes._put

    def put_and_wait(*args: object, **words: object) -> bool:
        ours = put(*args, **words)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_failed.wait(0.5)
        return ours

    monkeypatch.setattr(outcomes, "_put", put_and_wait)
    for _ in range(2):
        phone.fail_next(status=400, code=21602)
    at_once(*2 * [lambda: dispatch.send_due(clock=Clock(), limit=1)])
    assert set(Notification.objects.values_list("state", flat=True)) == {"failed"}
    assert Page.objects.get().unreachable_at is not None


class NoSuchMailbox:
    provider = "refusing"
    title = "the mail server"

    def send(self, message: object) -> None:
        raise ChannelError("550 5.1.1 no such mailbox", fault=Fault.ADDRESS)


def test_of_two_refusals_of_one_address_at_once_one_tells_its_owner(settings, monkeypatch):
    settings.PAGING_CHANNELS = settings.PAGING_CHANNELS | {"email": (f"{__name__}.NoSuchMailbox",)}
    alice = person(sms=ALICE_SMS, email="alice@acme.example")
    rules(alice, ("email", 0))
    page(alice)
    page(alice, run="second", service="another")
    both_know = threading.Barrier(2)
    disable = refusals.disable_contact_method

    def wait_and_disable(**words: object) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both_know.wait(0.5)
        disable(**words)

    monkeypatch.setattr(refusals, "disable_contact_method", wait_and_disable)
    clocks = [Clock(NOW + timedelta(seconds=second)) for second in (1, 2)]
    at_once(*(partial(dispatch.send_due, clock=clock, limit=1) for clock in clocks))
    assert Notification.objects.filter(method__kind="email", state="failed").count() == 2
    assert Page.objects.filter(cause=f"user:{alice.pk}").count() == 1
