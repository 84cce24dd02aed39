"""Threads that hand pages over: a share for each kind, so that one provider holds up its own pages only."""

import threading
from collections import Counter
from datetime import timedelta
from queue import Queue

import pytest
from django.utils import timezone

from paging import dispatch
from paging.actions import pages
from paging.channels.base import Accepted
from paging.models import Notification
from tests.paging.world import CAUSE, page, person
from watchbill.ticking.senders import Senders

LONG = 120  # nothing below waits this long; a failure does


class Company:
    """Every message hangs at it until `release` is set, of the kinds that it was told to; others leave."""

    def __init__(self):
        self.hanging = frozenset()
        self.release = threading.Event()
        self.inside = Counter()
        self.left = Counter()
        self._more = threading.Condition()

    def send(self, message):
        self._count(self.inside, message.via)
        if message.via in self.hanging:
            self.release.wait(LONG)
        self._count(self.left, message.via)

    def _count(self, counter, kind):
        with self._more:
            counter[kind] += 1
            self._more.notify_all()

    def wait_for(self, counter, kind, count):
        with self._more:
            assert self._more.wait_for(lambda: counter[kind] >= count, LONG), dict(counter)


COMPANY = Company()


class Through:
    provider = "through"
    title = "the company"

    def send(self, message):
        COMPANY.send(message)
        return Accepted(self.provider)


@pytest.fixture
def company(transactional_db, settings):
    COMPANY.__init__()
    settings.PAGING_CHANNELS = dict.fromkeys(("sms", "voice", "email"), (f"{__name__}.Through",))
    yield COMPANY
    COMPANY.release.set()


@pytest.fixture
def make_senders():
    made = []

    def make(**options):
        stopping = threading.Event()
        made.append((Senders(clock=timezone.now, stopping=stopping.is_set, **options), stopping))
        made[-1][0].start()
        return made[-1]

    yield make
    COMPANY.release.set()
    for senders, stopping in made:
        end(senders, stopping)


def end(senders, stopping):
    stopping.set()
    senders.ask_to_stop()
    senders.join(LONG)


def paged(count, **methods):
    """So many people with these methods, paged a moment ago."""
    found = [
        person(f"p{number}", **{kind: address.format(number) for kind, address in methods.items()})
        for number in range(count)
    ]
    page(*found, now=timezone.now() - timedelta(seconds=1))


def test_a_provider_that_hangs_holds_up_no_page_of_another_kind(company, make_senders):
    paged(6, sms="+1415555010{}", email="p{}@acme.example")
    company.hanging = {"sms"}
    senders, _ = make_senders(share=2)
    senders.call()
    company.wait_for(company.inside, "sms", 2)
    company.wait_for(company.left, "email", 6)
    assert company.left["sms"] == 0
    assert company.inside["sms"] == 2
    company.release.set()
    company.wait_for(company.left, "sms", 6)


def test_messages_of_one_kind_wait_beside_each_other(company, make_senders):
    """Sending is waiting: as many at once as there are threads, from one call."""
    paged(5, sms="+1415555010{}")
    company.hanging = {"sms"}
    senders, _ = make_senders(share=4)
    senders.call()
    company.wait_for(company.inside, "sms", 4)


def test_stopping_waits_for_the_messages_in_hand_and_takes_no_other(company, make_senders):
    paged(3, sms="+1415555010{}")
    company.hanging = {"sms"}
    senders, stopping = make_senders(share=1)
    senders.call()
    company.wait_for(company.inside, "sms", 1)
    stopping.set()
    senders.ask_to_stop()
    ended = threading.Thread(target=senders.join, args=(LONG,))
    ended.start()
    company.release.set()
    ended.join(LONG)
    states = list(Notification.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["sent", "pending", "pending"]


def test_after_an_acknowledgement_only_what_is_in_a_providers_hands_arrives(company, make_senders):
    paged(6, sms="+1415555010{}")
    company.hanging = {"sms"}
    senders, stopping = make_senders(share=2)
    senders.call()
    company.wait_for(company.inside, "sms", 2)
    pages.stop(cause=CAUSE, reason="acknowledged", now=timezone.now())
    company.release.set()
    company.wait_for(company.left, "sms", 2)
    end(senders, stopping)
    assert company.inside["sms"] == 2
    assert Counter(Notification.objects.values_list("state", flat=True)) == {"sent": 2, "suppressed": 4}


def test_a_claim_whose_worker_died_is_found_by_a_look(company, make_senders):
    paged(1, sms="+1415555010{}")
    then = timezone.now() - timedelta(seconds=16)
    assert dispatch._claim(lambda: then) is None
    Notification.objects.update(due_at=then)
    assert dispatch._claim(lambda: then)
    senders, _ = make_senders()
    senders.call()
    company.wait_for(company.left, "sms", 1)


def test_what_a_stop_left_behind_is_suppressed_by_a_look(company, make_senders):
    paged(1, sms="+1415555010{}")
    held = Notification.objects.get()
    held.page.stopped_at, held.page.stop_reason = timezone.now(), "acknowledged"
    held.page.save()
    dispatch.due_kinds(clock=timezone.now)
    held.refresh_from_db()
    assert (held.state, held.reason) == ("suppressed", "acknowledged")


@pytest.mark.parametrize("nth", [1, 2])
def test_a_thread_that_could_not_be_started_is_not_counted_on(company, make_senders, monkeypatch, nth):
    """A machine is out of threads for a moment: what is in hand leaves all the same, and so does the rest."""
    begin, asked, refused = threading.Thread.start, [], Queue()

    def start(thread):
        if thread.name.startswith("sender-"):
            asked.append(thread.name)
            if len(asked) == nth:
                refused.put(thread.name)
                raise RuntimeError("can't start new thread")
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    paged(3, sms="+1415555010{}")
    senders, _ = make_senders(share=2)
    senders.call()
    refused.get(timeout=LONG)
    senders.call()
    company.wait_for(company.left, "sms", 3)
