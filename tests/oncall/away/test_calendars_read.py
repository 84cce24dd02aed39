"""A subscribed calendar becomes time off; one that fails keeps what it said, and leads nowhere inside."""

import socket
from datetime import UTC, datetime, timedelta
from threading import Event
from time import monotonic, sleep

import pytest

from oncall import actions, imports
from oncall.away import fetching
from oncall.away.fetching import Unfetched, checked, fetch
from oncall.models import AwayCalendar, TimeOff
from paging.models import Page
from people.ledger.models import Entry
from people.outbound import is_public
from tests.fakes.calendar_server import event, running
from tests.world import TESTS, World

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
LOOPBACK = frozenset({"127.0.0.1"})


@pytest.fixture
def elsewhere():
    with running() as server:
        yield server


class Reading(World):
    def __init__(self, elsewhere):
        super().__init__(now=datetime(2026, 3, 2, 10, tzinfo=UTC))
        self.calendar = actions.add_away_calendar(
            user=self.ana, address=elsewhere.address, by=TESTS, now=self.now
        )

    def read(self, **later):
        self.now += timedelta(**later)
        count = imports.read_due_calendars(clock=lambda: self.now)
        self.calendar.refresh_from_db()
        return count

    def away(self):
        rows = TimeOff.objects.filter(cancelled_at=None).order_by("start")
        return [(f"{row.start:%m-%d}", f"{row.end:%m-%d}") for row in rows]


@pytest.fixture
def world(elsewhere, settings):
    settings.CALENDAR_PRIVATE_HOSTS = LOOPBACK
    return Reading(elsewhere)


def test_new_changed_and_vanished_events_are_followed_and_the_past_stays(world, elsewhere):
    elsewhere.serves(event("a", "20260310", "20260312"), event("b", "20260320", "20260321"))
    assert world.read() == 1
    assert world.away() == [("03-10", "03-12"), ("03-20", "03-21")]
    elsewhere.serves(event("a", "20260310", "20260315"))
    assert world.read(minutes=59) == 0
    assert world.read(minutes=1) == 1
    assert world.away() == [("03-10", "03-15")]
    elsewhere.serves()
    world.read(days=10, hours=1)
    assert world.away() == [("03-10", "03-12")], "of what is under way the part that was stays"
    world.read(days=30)
    assert world.away() == [("03-10", "03-12")]


def test_an_unreachable_calendar_keeps_its_last_copy_and_tells_its_owner_once_after_three_days(
    world, elsewhere
):
    elsewhere.serves(event("a", "20260310", "20260312"))
    world.read()
    elsewhere.status = 503
    world.read(hours=1)
    assert (world.away(), world.calendar.fault) == ([("03-10", "03-12")], "127.0.0.1 answered 503.")
    world.read(days=2)
    assert not Page.objects.exists()
    for _ in range(3):
        world.read(days=1)
    (page,) = Page.objects.all()
    assert page.user == world.ana
    assert page.facts["title"].startswith("Your calendar at 127.0.0.1 has not been readable since 2026-03-02")
    elsewhere.status = 200
    world.read(days=1)
    assert (world.calendar.fault, world.calendar.good_at) == ("", world.now)


def test_what_has_not_changed_is_not_sent_again_but_read_whole_each_day(world, elsewhere):
    elsewhere.headers = {"ETag": '"one"'}
    elsewhere.serves(event("a", "20260310", "20260312"))
    for _ in range(2):
        world.read(hours=1)
    world.read(days=1)
    assert [headers.get("If-None-Match") for _, headers in elsewhere.asked] == [None, '"one"', None]
    assert world.away() == [("03-10", "03-12")]


def test_removing_it_takes_back_what_is_ahead(world, elsewhere):
    elsewhere.serves(event("a", "20260310", "20260312"))
    world.read()
    actions.remove_away_calendar(calendar=world.calendar, by=TESTS, now=world.now)
    assert world.away() == []
    assert world.read(days=1) == 0
    with pytest.raises(actions.Refused, match="was removed"):
        actions.remove_away_calendar(calendar=world.calendar, by=TESTS, now=world.now)


def test_the_address_is_nowhere_in_the_ledger(world, elsewhere):
    elsewhere.serves(event("a", "20260310", "20260312"))
    world.read()
    rows = Entry.objects.all()
    assert rows.filter(verb="away_calendar.read").count() == 1
    assert not any("secret-token" in f"{row.what} {row.why} {row.data}" for row in rows)


def test_one_calendar_is_not_subscribed_twice(world, elsewhere):
    with pytest.raises(actions.Refused, match="already"):
        actions.add_away_calendar(user=world.ana, address=elsewhere.address, by=TESTS, now=world.now)
    assert AwayCalendar.objects.count() == 1


@pytest.mark.parametrize(
    "address", ["", "ftp://x/y", "file:///etc/passwd", "https://u:p@host/", "http://a b/", "https://h:port/"]
)
def test_what_is_no_address_is_a_sentence(address):
    with pytest.raises(ValueError, match=r"address"):
        checked(address)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0", "::1", "::ffff:10.0.0.1",  # noqa: S104 - an address to refuse
     "64:ff9b::7f00:1", "2002:7f00:1::", "fd00::1", "fe80::1", "fec0::1", "224.0.0.1", "100.64.0.1"],
)  # fmt: skip
def test_addresses_inside_are_not_public(address):
    assert not is_public(address)


def test_addresses_outside_are_public():
    assert is_public("93.184.216.34")
    assert is_public("2606:2800:220:1:248:1893:25c8:1946")


def test_nothing_inside_is_asked_unless_the_operator_says_so(elsewhere):
    elsewhere.serves()
    with pytest.raises(Unfetched, match="inside the network"):
        fetch(elsewhere.address)
    assert elsewhere.asked == []
    assert fetch(elsewhere.address, private_hosts=LOOPBACK).body == elsewhere.body


def test_a_name_that_is_looked_up_for_ever_is_waited_for_no_longer_than_an_answer(monkeypatch):
    over = Event()
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(120) and [])
    began = monotonic()
    with pytest.raises(Unfetched, match=r"calendar.example.com did not answer \(TimeoutError\)"):
        fetch("https://calendar.example.com/a.ics")
    assert monotonic() - began < 60
    over.set()


def test_nothing_is_connected_to_once_the_time_is_over(monkeypatch, elsewhere):
    def slow(*_, **__):
        sleep(0.5)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", elsewhere.port))]

    monkeypatch.setattr(fetching, "_looked_up", slow)
    monkeypatch.setattr(fetching, "TIMEOUT", 0.1)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it was connected to"))
    with pytest.raises(Unfetched, match="TimeoutError"):
        fetch(elsewhere.address, private_hosts=LOOPBACK)


@pytest.mark.parametrize("target", ["http://localhost:{port}/", "http://[::1]:{port}/", "file:///etc/passwd"])
def test_a_redirect_leads_nowhere_inside(elsewhere, target):
    elsewhere.status = 302
    elsewhere.headers = {"Location": target.format(port=elsewhere.port)}
    with pytest.raises(Unfetched):
        fetch(elsewhere.address, private_hosts=LOOPBACK)
    assert len(elsewhere.asked) == 1


@pytest.mark.parametrize("target", ["http://[bad/", "//[::1/x", "http://a]b/", "http://h:port/"])
def test_a_redirect_to_what_is_no_address_is_a_sentence(elsewhere, target):
    elsewhere.status, elsewhere.headers = 302, {"Location": target}
    with pytest.raises(Unfetched, match="cannot be read"):
        fetch(elsewhere.address, private_hosts=LOOPBACK)


def test_a_circle_of_redirects_ends(elsewhere):
    elsewhere.status, elsewhere.headers = 302, {"Location": elsewhere.address}
    with pytest.raises(Unfetched, match="leads on and on"):
        fetch(elsewhere.address, private_hosts=LOOPBACK)


def test_too_large_and_cut_off_answers_are_refused(elsewhere, monkeypatch):
    elsewhere.serves(event("a", "20260310", "20260312"))
    elsewhere.headers = {"Content-Length": str(len(elsewhere.body) + 10)}
    with pytest.raises(Unfetched, match="only a part of it"):
        fetch(elsewhere.address, private_hosts=LOOPBACK)
    elsewhere.headers = {}
    monkeypatch.setattr(fetching, "MOST_BYTES", 100)
    with pytest.raises(Unfetched, match="larger than"):
        fetch(elsewhere.address, private_hosts=LOOPBACK)
