"""When the site is unwell for a minute somebody is told, by a way that what is broken does not carry."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connections
from django.utils import timezone

from paging import dispatch
from paging.models import Notification
from paging.selectors import unwell_providers
from tests.paging.world import NOW, Clock, page, person, rules
from tests.watch.conftest import LATER, administrator, look_at
from tests.world import World
from watchbill.watch import pulse, troubles, unwell, watcher
from watchbill.watch.models import Trouble

TWILIO = "Provider “twilio” takes no messages (sms)"


def told(kind=None):
    """The titles of the notices that were written, each once for each way."""
    rows = Notification.objects.filter(page__urgency="info", page__cause__startswith="trouble:")
    rows = rows.filter(method__kind=kind) if kind else rows
    return [one.page.facts["title"] for one in rows.select_related("page").order_by("pk")]


def send(now):
    dispatch.send_due(clock=Clock(now))


@pytest.fixture
def refusing(phone, db):
    """Twilio has just said that it knows no such account, to a page for Alice, who has nothing else."""
    phone.fail_next(status=401, code=20003)
    page(person(sms="+14155550101"))
    send(NOW)


def test_provider_of_sms_that_refuses_is_told_by_mail(refusing, mailbox):
    administrator(email="root@example.com", sms="+14155550109")
    for seconds in (5, 15, 59):
        look_at(NOW + timedelta(seconds=seconds))
    assert told() == []
    look_at(NOW + LATER)
    send(NOW + LATER)
    mail = mailbox.expect_mail(to="root@example.com", subject=TWILIO, containing="Mend its account")
    assert "20003" in mail.body()
    assert "Since 2026-11-21 03:00 UTC." in mail.body()


def test_who_asked_for_sms_alone_hears_by_mail_too_when_sms_is_broken(refusing, mailbox):
    root = administrator(email="root@example.com", sms="+14155550109", voice="+14155550109")
    rules(root, ("sms", 0), urgency="low")
    look_at(NOW, NOW + LATER)
    assert told("sms") == told("email") == [TWILIO]
    assert told("voice") == []


@pytest.fixture
def no_mail_server(mailbox, settings, db):
    """Nobody listens where mail should go, and somebody is paged by mail."""
    settings.EMAIL_PORT = 1
    page(person("bob", email="bob@example.com"))


def test_mail_server_that_is_away_for_a_minute_is_told_by_sms(no_mail_server, phone):
    administrator(email="root@example.com", sms="+14155550109")
    for seconds in (0, 2, 7, 17, 37, 77):
        send(NOW + timedelta(seconds=seconds))
        look_at(NOW + timedelta(seconds=seconds))
        assert told() == []
    look_at(NOW + timedelta(seconds=87))
    send(NOW + timedelta(seconds=87))
    phone("+14155550109").expect_sms("takes no messages (email)")


def test_one_failure_for_now_is_no_trouble(no_mail_server):
    send(NOW)
    assert unwell_providers(now=NOW + LATER) == []


def test_mail_server_that_took_something_after_its_failures_is_well(no_mail_server, settings, mailbox):
    for seconds in (0, 2, 7, 17, 37, 77):
        send(NOW + timedelta(seconds=seconds))
    assert [one.provider for one in unwell_providers(now=NOW + timedelta(seconds=78))] == ["smtp"]
    settings.EMAIL_PORT = mailbox.port
    page(person("eve", email="eve@example.com"), now=NOW + timedelta(seconds=80))
    send(NOW + timedelta(seconds=80))
    mailbox.expect_mail(to="eve@example.com")
    assert unwell_providers(now=NOW + timedelta(seconds=81)) == []


def test_it_is_told_again_once_when_the_provider_takes_a_message(refusing, mailbox, phone):
    administrator(email="root@example.com")
    look_at(NOW, NOW + LATER)
    send(NOW + LATER)
    mailbox.expect_mail(to="root@example.com", subject=TWILIO)
    page(person("bob", sms="+14155550102"), now=NOW + timedelta(minutes=5))
    send(NOW + timedelta(minutes=5))
    phone("+14155550102").expect_sms("DiskFull")
    for minutes in (5, 6, 7, 8, 9):
        look_at(NOW + timedelta(minutes=minutes))
    send(NOW + timedelta(minutes=9))
    over = mailbox.expect_mail(to="root@example.com", subject=f"Over: {TWILIO}", containing="well again")
    assert "2026-11-21 03:00 to 03:01 UTC" in over.body()


def test_provider_that_nobody_asks_any_more_is_not_called_well(refusing):
    administrator(email="root@example.com")
    look_at(NOW, NOW + LATER, NOW + timedelta(days=1, minutes=1))
    assert told() == [TWILIO, f"Over: {TWILIO}"]
    over = Notification.objects.get(page__run="over")
    assert "whether it would take a message is not known" in over.page.facts["lines"][0]


def test_what_was_unwell_for_less_than_a_minute_is_told_to_nobody(db):
    administrator(email="root@example.com")
    troubles.keep([redis(NOW)], now=NOW)
    troubles.keep([redis(NOW)], now=NOW + timedelta(seconds=50))
    troubles.keep([], now=NOW + timedelta(seconds=80))
    assert told() == []
    assert not Trouble.objects.exists()


def test_what_only_one_of_many_processes_sees_lasts_as_long_as_it_sees_it(db):
    administrator(email="root@example.com")
    for seconds in range(0, 70, 10):
        troubles.keep([redis(NOW)], now=NOW + timedelta(seconds=seconds))
        for others in range(3):
            troubles.keep([], now=NOW + timedelta(seconds=seconds + others))
    assert told() == ["Redis does not answer"]
    troubles.keep([], now=NOW + timedelta(seconds=60 + 179))
    assert told() == ["Redis does not answer"]
    troubles.keep([], now=NOW + timedelta(seconds=60 + 180))
    assert told() == ["Redis does not answer", "Over: Redis does not answer"]


def test_what_comes_and_goes_every_minute_is_told_once(db):
    administrator(email="root@example.com")
    for minutes in range(20):
        away = minutes % 3 < 2
        troubles.keep([redis(NOW)] if away else [], now=NOW + timedelta(minutes=minutes))
    assert told() == ["Redis does not answer"]


def redis(now):
    return unwell.Unwell(
        kind=unwell.BROKER,
        began_at=now,
        title="Redis does not answer",
        what="It is silent.",
        mend="Start it.",
    )


@pytest.mark.django_db(transaction=True)
def test_ten_processes_that_see_the_same_tell_once_that_it_is_and_once_that_it_is_over():
    administrator(email="root@example.com")
    steps = [([redis(NOW)], NOW), ([redis(NOW)], NOW + LATER), ([], NOW + 5 * LATER)]

    def keep(step):
        try:
            troubles.keep(step[0], now=step[1])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as processes:
        for step in steps:
            list(processes.map(keep, [step] * 10))
    assert told() == ["Redis does not answer", "Over: Redis does not answer"]


def test_a_rule_that_waits_keeps_nobody_waiting_for_it(db):
    root = administrator(email="root@example.com")
    rules(root, ("email", 30), ("email", 60), urgency="low")
    troubles.keep([redis(NOW)], now=NOW)
    troubles.keep([redis(NOW)], now=NOW + LATER)
    due = Notification.objects.order_by("due_at").values_list("due_at", flat=True)
    assert list(due) == [NOW + LATER, NOW + LATER + timedelta(minutes=60)]


def test_fallback_contact_is_told_beside_administrators(settings, mailbox, db):
    settings.FALLBACK_CONTACT = "noc@example.com"
    administrator(email="root@example.com")
    troubles.keep([redis(NOW)], now=NOW)
    troubles.keep([redis(NOW)], now=NOW + LATER)
    send(NOW + LATER)
    for address in ("noc@example.com", "root@example.com"):
        mailbox.expect_mail(to=address, subject="Redis does not answer")


def test_managers_are_told_in_the_place_of_administrators_whom_nothing_reaches(mailbox, db, caplog):
    World(now=NOW)
    administrator()
    troubles.keep([redis(NOW)], now=NOW)
    troubles.keep([redis(NOW)], now=NOW + LATER)
    send(NOW + LATER)
    mailbox.expect_mail(to="mia@example.com", subject="Redis does not answer")
    assert "nobody_can_be_told" not in caplog.text


def test_that_nobody_can_be_told_is_logged(db, caplog):
    administrator()
    troubles.keep([redis(NOW)], now=NOW)
    troubles.keep([redis(NOW)], now=NOW + LATER)
    assert "nobody_can_be_told" in caplog.text


@pytest.fixture
def dead_engine(db):
    """An incident that should have been decided long ago; nobody decides or sends."""
    world = World(now=timezone.now() - timedelta(minutes=2))
    world.alert()
    return world


def found_earlier():
    """As if the first look had been a while ago: a look reads the clock itself."""
    Trouble.objects.update(found_at=timezone.now() - timedelta(minutes=1))


@pytest.mark.django_db(transaction=True)
def test_a_process_that_only_looks_tells_by_itself_that_the_engine_is_dead(mailbox, dead_engine):
    administrator(email="root@example.com")
    watcher.look()
    found_earlier()
    watcher.look()
    mail = mailbox.expect_mail(to="root@example.com", subject="Pages are late")
    assert "See whether a worker or “manage.py engine” runs" in mail.body()
    watcher.look()
    assert told() == ["Pages are late: what is due is not decided or sent in time"]
    assert dead_engine.sent() == []  # the page itself is the engine's


@pytest.mark.django_db(transaction=True)
def test_an_engine_that_is_dead_is_told_before_anything_is_due(mailbox):
    administrator(email="root@example.com")
    pulse.looked(now=timezone.now() - timedelta(minutes=2))
    watcher.look()
    assert Trouble.objects.get().title == "No engine runs: the next page would be late"
    Trouble.objects.update(began_at=timezone.now() - LATER, found_at=timezone.now() - LATER)
    watcher.look()
    mailbox.expect_mail(to="root@example.com", subject="No engine runs", containing="since")


@pytest.mark.django_db(transaction=True)
def test_one_engine_that_looks_is_enough_and_a_site_that_never_had_one_is_new():
    watcher.look()
    assert not Trouble.objects.exists()
    pulse.looked(now=timezone.now() - timedelta(minutes=2))
    watcher.look(decides=True)
    watcher.look()
    assert not Trouble.objects.exists()
    pulse.looked(now=timezone.now() - timedelta(minutes=2))  # by a process that was slow to say so
    watcher.look()
    assert not Trouble.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_waited_while_all_were_down_and_is_done_at_the_start_is_told_to_nobody(dead_engine):
    administrator(email="root@example.com")
    watcher.look()
    watcher.look()
    dead_engine.now = timezone.now()
    dead_engine.tick()
    Trouble.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    watcher.look()
    assert told() == []
    assert not Trouble.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_the_engine_is_well_a_look_sends_nothing(mailbox):
    administrator(email="root@example.com")
    for at in (timezone.now() - LATER, timezone.now()):
        troubles.keep([redis(at)], now=at)
    watcher.look()
    assert told() == ["Redis does not answer"]
    assert Notification.objects.get().state == Notification.State.PENDING


def test_a_broker_that_is_away_and_a_clock_that_is_wrong_are_unwell(settings, db):
    settings.EMBEDDED, settings.CELERY_BROKER_URL = False, "redis://127.0.0.1:1/0"
    found = unwell.unwell(now=NOW, apart=timedelta(seconds=-3))
    assert [one.kind.partition(":")[0] for one in found] == ["broker", "clock"]
    assert unwell.unwell(now=NOW, apart=timedelta(seconds=2))[1:] == []


def test_where_all_is_well_a_look_costs_few_questions(django_assert_max_num_queries, db):
    with django_assert_max_num_queries(11):
        watcher.look()


def test_a_web_whose_engines_are_elsewhere_looks_too(monkeypatch):
    from watchbill.processes import gunicorn_conf, listening, watching  # noqa: PLC0415 - it reads the environment

    looks = []
    monkeypatch.setattr(gunicorn_conf, "EMBEDDED", False)
    for part in (listening, watching):
        monkeypatch.setattr(part, "Loop", lambda *given, **_: looks.append(given[1]) or idle())
    gunicorn_conf.post_worker_init(None)
    gunicorn_conf.worker_exit(None, None)
    assert looks == [watcher.listen, watcher.look]


def idle():
    return SimpleNamespace(start=list, ask_to_stop=list, join=lambda seconds: None)
