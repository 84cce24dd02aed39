"""A schedule announces who is on call to a room of people, or to a webhook: at wall times, or on change."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from escalation.actions import webhooks
from oncall import actions
from oncall.actions import Refused, announcing
from oncall.core.definition import Definition
from oncall.models import Announcement
from paging import dispatch
from paging.actions.contacts import disable_contact_method
from paging.actions.pages import HOOKS, NOBODY
from paging.models import Attempt, ContactMethod, Notification, Page
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.fakes.hook_receiver import HookReceiver
from tests.world import TESTS, World
from watchbill.ticking import keeper

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"
SECRET = "s3cret-s3cret-s3cret"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Announcing(World):
    """Ana and Bo take weeks from Monday 09:00 UTC; it is Monday 2 March 10:00, and Ana is on."""

    def add(self, **said):
        if not {"to", "webhook"} & set(said):
            said["to"] = SLACK
        return actions.add_announcement(schedule=self.schedule, by=TESTS, now=self.now, **said)

    def keep(self, now: datetime | None = None):
        self.now = now or self.now
        looks = 0
        while announcing.tell_due(clock=lambda: self.now):
            looks += 1
            assert looks < 50, "the keeper never comes to rest"
        return self

    def live(self, until: datetime, *, step: timedelta = timedelta(minutes=15)):
        """Let time pass with a keeper that looks as often as that."""
        while self.now < until:
            self.keep(min(self.now + step, until))
        return self

    def cover(self, user, start, end, **more):
        wanted = {"schedule": self.schedule, "role": "primary"} | more
        return actions.add_override(user=user, start=start, end=end, by=TESTS, now=self.now, **wanted)


@pytest.fixture
def world(db):
    dispatch.STANDING.forget()
    return Announcing()


@pytest.fixture
def receiver(settings):
    settings.WEBHOOK_PRIVATE_HOSTS = frozenset({"127.0.0.1"})
    with HookReceiver(SECRET) as receiver:
        yield receiver


def announced():
    """What was said, in order: (when, title)."""
    rows = Page.objects.filter(user__username__startswith=HOOKS).order_by("created_at", "pk")
    return [(f"{row.created_at:%d %H:%M}", row.facts["title"]) for row in rows]


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


# H1: at wall times


def test_it_is_said_at_its_time_once_and_to_everybody_in_the_room(world):
    row = world.add(days=["mon"], at="10:30")
    assert row.next_at == at(2, 10, 30)
    assert announced() == []
    world.live(at(9, 11), step=timedelta(minutes=30))
    assert announced() == [
        ("02 10:30", "On call for Payments since 09:00: primary Ana Ruiz, secondary Bo Lind"),
        ("09 10:30", "On call for Payments since 09:00: primary Bo Lind, secondary Ana Ruiz"),
    ]
    assert Page.objects.filter(urgency="info").count() == 2
    first = Page.objects.earliest("pk")
    assert first.facts["lines"] == ["Next handoff Mon 9 Mar 09:00.", "Times are in UTC."]


def test_what_is_due_now_is_for_the_next_time_and_a_restart_says_nothing_twice(world):
    row = world.add(days=["mon"], at="10:00")
    assert row.next_at == at(9, 10)
    world.keep().keep()
    world.keep(at(9, 10)).keep()
    assert len(announced()) == 1


def test_it_counts_by_the_schedule_s_clock_and_by_a_new_zone_from_then_on(world):
    row = world.add(at="12:00")
    assert row.next_at == at(2, 12)
    _in_zone(world, "America/New_York", from_=at(3, 0))
    world.keep()
    row.refresh_from_db()
    assert row.next_at == at(2, 12)
    world.live(at(4, 0))
    assert [when for when, _ in announced()] == ["02 12:00", "03 17:00"]
    assert "since Mon 04:00" in announced()[1][1]
    row.refresh_from_db()
    assert row.next_at == at(4, 17)


def _in_zone(world, zone, *, from_):
    version = world.schedule.versions.get()
    actions.new_version(
        schedule=world.schedule,
        time_zone=zone,
        holidays="",
        definition=Definition.from_json(version.definition | {}),
        by=TESTS,
        now=world.now,
        effective_from=from_,
    )


def test_late_by_an_outage_it_is_said_once_and_not_at_all_after_an_hour(world):
    row = world.add(at="12:00")
    world.keep(at(5, 12, 59))
    assert [when for when, _ in announced()] == []
    entry = Entry.objects.get(verb="announcement.missed")
    assert entry.why == "its time, 2026-03-02 12:00 UTC, was over an hour ago"
    row.refresh_from_db()
    assert row.next_at == at(6, 12)
    world.keep(at(6, 13))
    assert [when for when, _ in announced()] == ["06 13:00"]
    world.keep(at(7, 13, 0) + timedelta(seconds=1))
    assert len(announced()) == 1


def test_a_clock_that_runs_ahead_elsewhere_makes_nobody_hear_it_twice(world):
    world.add(at="12:00")
    world.keep(at(2, 12))
    world.cover(world.bo, at(3, 9), at(3, 10))  # the schedule changed, so that the row is looked at again
    world.keep(at(2, 11, 59))
    world.keep(at(2, 12, 1))
    assert len(announced()) == 1
    assert Page.objects.get().stopped_at is None


def test_several_times_of_one_schedule(world):
    world.add(days=["mon"], at="12:00")
    world.add(days=["mon", "tue"], at="13:00")
    world.add(to=DISCORD, days=["mon"], at="12:00")
    world.live(at(3, 14), step=timedelta(minutes=30))
    assert [when for when, _ in announced()] == ["02 12:00", "02 12:00", "02 13:00", "03 13:00"]


# H3: on change


def test_h3_a_second_person_becomes_on_call_and_the_room_hears_of_both_once(world):
    world.add(on_change=True)
    world.keep()
    assert announced() == []
    world.cover(world.mia, at(2, 12), at(2, 14), kind="add")
    for _ in range(3):
        world.keep()
    assert announced() == []
    world.keep(at(2, 11, 50))
    assert Announcement.objects.get().next_at == at(2, 12)
    world.live(at(2, 13), step=timedelta(minutes=1))
    ((when, title),) = announced()
    assert when == "02 12:00"
    assert title == "On call for Payments since 12:00: primary Ana Ruiz and Mia Falk, secondary Bo Lind"
    assert Notification.objects.count() == 1


def test_every_role_of_a_handoff_is_one_message(world):
    world.add(on_change=True)
    world.live(at(9, 10), step=HOUR)
    assert announced() == [
        ("09 09:00", "On call for Payments since 09:00: primary Bo Lind, secondary Ana Ruiz")
    ]


def test_what_changes_and_changes_back_between_two_looks_is_not_told(world):
    world.add(on_change=True)
    world.keep()
    override = world.cover(world.mia, world.now, at(2, 14))
    actions.end_override(override=override, by=TESTS, now=world.now + timedelta(seconds=1))
    world.keep(world.now + timedelta(seconds=2))
    world.live(at(2, 15))
    assert announced() == []


def test_an_outage_over_several_handoffs_is_told_once_and_however_late(world):
    world.add(on_change=True)
    world.keep(at(2, 11))
    world.keep(at(25, 11))
    assert announced() == [
        ("25 11:00", "On call for Payments since Mon 09:00: primary Bo Lind, secondary Ana Ruiz")
    ]
    world.keep(at(25, 11, 1))
    assert len(announced()) == 1


def test_whoever_leaves_is_noticed_within_a_quarter_of_an_hour_and_a_gap_is_said(world):
    world.add(on_change=True)
    world.keep()
    world.now += timedelta(minutes=1)
    people.deactivate_user(user=world.ana, by=TESTS, now=world.now)
    world.live(at(2, 10, 20))
    ((_, title),) = announced()
    assert title == "On call for Payments since 10:01: primary: nobody!, secondary Bo Lind"


def test_a_new_role_is_told_and_a_shadow_is_not(world):
    world.add(on_change=True)
    world.keep()
    definition = world.schedule.versions.get().definition
    shadow = {"layers": [{"name": "Learning", "participants": [world.mia.pk], "start": "2026-01-05T09:00"}]}
    _says(world, {**definition["roles"], "shadow": shadow})
    world.keep(world.now + timedelta(minutes=1))
    assert announced() == []
    world.now += timedelta(minutes=1)
    _says(world, {**definition["roles"], "backup": shadow})
    world.keep(world.now + timedelta(minutes=1))
    assert announced()[0][1].endswith("secondary Bo Lind, backup Mia Falk")


def _says(world, roles):
    actions.new_version(
        schedule=world.schedule,
        time_zone="UTC",
        holidays="",
        definition=Definition.from_json({"roles": roles}),
        by=TESTS,
        now=world.now,
    )


# How it leaves


def test_a_webhook_gets_a_signed_event(world, receiver):
    webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    world.add(webhook="Ops bus", at="12:00")
    world.cover(
        world.mia, at(2, 11), at(2, 13), kind="remove", role="secondary", user_=None
    ) if False else None
    world.keep(at(2, 12)).tick()
    (event,) = receiver.events
    assert receiver.posts[0].headers["X-Watchbill-Event"] == "schedule.on_call"
    assert (event.pop("type"), event.pop("timestamp")) == (event["event"], event["at"])
    said = event.pop("data")
    assert said == {name: event[name] for name in said}
    assert event | {"id": "-"} == {
        "version": 1,
        "event": "schedule.on_call",
        "id": "-",
        "at": "2026-03-02T12:00:00Z",
        "webhook": "Ops bus",
        "because": "On call for Payments since 09:00: primary Ana Ruiz, secondary Bo Lind",
        "schedule": {
            "name": "Payments",
            "time_zone": "UTC",
            "since": "2026-03-02T09:00:00+00:00",
            "next_handoff": "2026-03-09T09:00:00+00:00",
            "url": "http://127.0.0.1:8000/schedules/Payments",
        },
        "on_call": [
            {"role": "primary", "people": [{"username": "ana", "name": "Ana Ruiz"}]},
            {"role": "secondary", "people": [{"username": "bo", "name": "Bo Lind"}]},
        ],
    }


def test_a_room_gets_the_sentence_and_the_link_and_no_row_shows_its_address(world, web):
    world.add(to=f"ntfy://{web.host}:{web.port}/ops-room", at="12:00")
    world.keep(at(2, 12)).tick()
    asked = web.expect_request()
    assert asked.json["title"] == "On call for Payments since 09:00: primary Ana Ruiz, secondary Bo Lind"
    assert asked.json["message"] == (
        "Next handoff Mon 9 Mar 09:00.\nTimes are in UTC.\nThe schedule:\n"
        "http://127.0.0.1:8000/schedules/Payments"
    )
    said = " ".join(f"{one.what} {one.why} {one.data}" for one in Entry.objects.all())
    assert "telling ntfy://…: chat at once" in said
    assert "ops-room" not in said
    assert not any("ops-room" in str(user.name) for user in User.objects.all())


def test_one_that_fails_is_tried_again_and_holds_up_nobody(world, web, receiver):
    webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    world.add(webhook="Ops bus", at="12:00")
    world.add(to=f"ntfy://{web.host}:{web.port}/ops-room", at="12:00")
    receiver.fail_next(500, times=2)
    world.keep(at(2, 12)).tick()
    web.expect_request()
    world.alert()
    world.tick()
    assert world.sent()[-1][1] == "ana"
    for _ in range(4):
        world.now += timedelta(seconds=10)
        world.tick()
    assert len(receiver.posts) == 3
    assert len(receiver.events) == 1
    assert len(announced()) == 2


def test_an_older_word_that_has_not_left_need_not_leave(world, receiver):
    webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    world.add(webhook="Ops bus", on_change=True)
    world.keep()
    receiver.fail_next(500)
    override = world.cover(world.mia, world.now, at(2, 14))
    world.keep(world.now + timedelta(seconds=1)).tick()
    assert len(receiver.posts) == 1
    assert receiver.events == []
    actions.end_override(override=override, by=TESTS, now=world.now)
    world.cover(world.bo, world.now, at(2, 14))
    world.keep(world.now + timedelta(seconds=1))
    world.now += timedelta(minutes=2)
    world.tick()
    (event,) = receiver.events
    assert "primary Bo Lind" in event["because"]


@pytest.mark.parametrize(("said", "told"), [({"at": "12:00"}, 0), ({"on_change": True}, 1)])
def test_what_a_wall_time_announced_is_not_tried_again_after_an_hour(world, receiver, said, told):
    webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    world.add(webhook="Ops bus", **said)
    world.cover(world.mia, at(2, 12), at(2, 20))
    receiver.fail_next(500)
    world.keep(at(2, 12)).tick()
    assert len(receiver.posts) == 1
    world.now = at(2, 13, 1)
    world.tick()
    assert len(receiver.events) == told


def test_an_address_that_is_out_of_use_is_told_to_the_managers_once_a_week(world):
    row = world.add(at="12:00")
    method = ContactMethod.objects.get(user=row.recipient)
    disable_contact_method(method=method, reason="the chat service answered 410", by=TESTS, now=world.now)
    world.live(at(4, 13), step=HOUR)
    (told,) = Page.objects.all()
    assert told.user == world.mia
    assert told.facts["title"] == "Payments cannot announce who is on call"
    assert Entry.objects.filter(verb="announcement.missed").count() == 3
    again = world.add(days=["thu"], at="12:30")
    assert again.recipient == row.recipient
    world.live(at(5, 13), step=timedelta(minutes=30))
    assert [when for when, _ in announced()] == ["05 12:00", "05 12:30"]


def test_one_that_cannot_be_reckoned_waits_and_the_others_are_said(world, monkeypatch, caplog):
    bad = world.add(at="12:00")
    world.add(to=DISCORD, at="12:00")
    real = announcing.say

    def say(row, **more):
        if row.pk == bad.pk:
            raise ZeroDivisionError
        return real(row, **more)

    monkeypatch.setattr(announcing, "say", say)
    world.keep(at(2, 12))
    assert len(announced()) == 1
    monkeypatch.undo()
    world.keep(at(2, 12, 4))
    assert len(announced()) == 1
    world.keep(at(2, 12, 6))
    assert len(announced()) == 2


def test_the_keeper_does_it(world, monkeypatch):
    world.add(at="12:00")
    monkeypatch.setattr("people.clock.now", lambda: at(2, 12))
    keeper.CHORES["announcements"](lambda: False)
    assert len(announced()) == 1


def test_nothing_due_costs_one_query(world, django_assert_num_queries):
    world.add(at="12:00")
    world.keep()
    with django_assert_num_queries(1):
        announcing.tell_due(clock=lambda: world.now)


# By hand, and taken off


def test_it_is_sent_by_hand_and_not_again_at_once(world):
    row = world.add(on_change=True)
    world.now += HOUR
    actions.announce_now(announcement=row, by=TESTS, now=world.now)
    assert len(announced()) == 1
    with pytest.raises(Refused, match="a moment ago"):
        actions.announce_now(announcement=row, by=TESTS, now=world.now + timedelta(seconds=9))
    actions.announce_now(announcement=row, by=TESTS, now=world.now + timedelta(seconds=10))
    assert len(announced()) == 2
    entry = Entry.objects.filter(verb="announcement.asked_for").first()
    assert entry.what == "Payments announces by hand who is on call to slack://…, on change"


def test_what_is_taken_off_is_said_no_more_nor_is_what_has_not_left(world):
    row = world.add(at="12:00")
    world.keep(at(2, 12))
    for _ in range(2):
        actions.remove_announcement(announcement=row, by=TESTS, now=world.now)
    world.keep(at(3, 12)).tick()
    assert not Attempt.objects.exists()
    assert len(announced()) == 1
    assert Entry.objects.filter(verb="announcement.removed").count() == 1
    with pytest.raises(Refused, match="nothing any more"):
        actions.announce_now(announcement=row, by=TESTS, now=world.now)
    world.add(at="12:00")


def test_a_retired_schedule_announces_nothing(world):
    world.add(on_change=True)
    world.add(at="12:00")
    actions.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    world.keep(at(2, 12)).keep(at(3, 12))
    assert announced() == []


def test_a_retired_schedule_says_nothing_that_has_not_left(world):
    world.add(at="12:00")
    world.keep(at(2, 12))
    actions.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    world.tick()
    assert len(announced()) == 1
    assert not Attempt.objects.exists()


def test_a_webhook_that_is_announced_to_cannot_be_retired(world, receiver):
    hook = webhooks.create_webhook(name="Ops bus", url=receiver.url, secret=SECRET, by=TESTS, now=world.now)
    row = world.add(webhook="Ops bus", at="12:00")
    with pytest.raises(webhooks.ConfigError, match="“Payments” announces it there"):
        webhooks.retire_webhook(webhook=hook, by=TESTS, now=world.now)
    actions.remove_announcement(announcement=row, by=TESTS, now=world.now)
    webhooks.retire_webhook(webhook=hook, by=TESTS, now=world.now)
    with pytest.raises(Refused, match="no webhook “Ops bus” in use; there is none yet"):
        world.add(webhook="Ops bus", at="12:00")


# What is refused


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            {"at": "12:00", "days": ["mond"]},
            "“mond” is not a day; write mon, tue, wed, thu, fri, sat or sun.",
        ),
        ({"at": "12:00", "days": ["Mon"]}, "“Mon” is not a day"),
        ({"at": "12:00", "days": []}, "It names no day"),
        ({"at": "24:00"}, "“24:00” is not a time of day; write it as 09:00"),
        ({"at": "9:00"}, "“9:00” is not a time of day"),
        ({"at": "nine"}, "“nine” is not a time of day"),
        ({"at": "12:00\n"}, "is not a time of day"),
        ({"at": "\uff11\uff12:00"}, "is not a time of day"),
        ({"days": ["mon"]}, "Say when it is announced"),
        ({}, "Say when it is announced"),
        ({"at": "12:00", "on_change": True}, "at a time or on change"),
        ({"days": ["mon"], "on_change": True}, "at a time or on change"),
        ({"at": "12:00", "to": ""}, "goes to one place"),
        ({"at": "12:00", "to": SLACK, "webhook": "Ops bus"}, "goes to one place"),
        ({"at": "12:00", "webhook": "Ops bus"}, "There is no webhook “Ops bus” in use; there is none yet."),
        ({"at": "12:00", "to": "#ops"}, "This is no address of a chat service"),
        ({"at": "12:00", "to": "slack://short"}, "The slack address is not complete"),
        ({"at": "12:00", "to": "json://hooks.acme.example/"}, "“json” is no chat service"),
        ({"at": "12:00", "to": "ntfy://127.0.0.1/room"}, "The host is inside the network"),
        ({"at": "12:00", "to": "ntfy://[::1]/room"}, "The host is inside the network"),
        ({"at": "12:00", "to": "mailto://user:pass@example.com"}, "is no chat service"),
        ({"at": "12:00", "to": "slack://" + "a" * 2000}, "This is no address"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(world, said, sentence):
    with pytest.raises(Refused) as refused:
        world.add(**said)
    assert sentence in str(refused.value)
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in str(refused.value)
    assert not Announcement.objects.exists()
    assert not User.objects.filter(NOBODY).exists()


def test_the_same_twice_is_refused_also_where_only_some_days_are_the_same(world):
    world.add(days=["mon", "tue"], at="12:00")
    world.add(on_change=True)
    with pytest.raises(Refused, match="announces that to slack://… already, Mon, Tue 12:00; once is enough"):
        world.add(days=["tue", "wed"], at="12:00")
    with pytest.raises(Refused, match="already, on change"):
        world.add(on_change=True)
    world.add(days=["wed"], at="12:00")
    world.add(days=["mon"], at="12:01")
    world.add(to=DISCORD, days=["mon"], at="12:00")


def test_at_most_twenty_on_a_schedule(world):
    for minute in range(20):
        world.add(days=["mon"], at=f"12:{minute:02}")
    with pytest.raises(Refused, match="announces to 20 places and times already"):
        world.add(on_change=True)
    actions.remove_announcement(announcement=Announcement.objects.first(), by=TESTS, now=world.now)
    world.add(on_change=True)


def test_a_retired_schedule_takes_none(world):
    actions.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    with pytest.raises(Refused, match="is retired since"):
        world.add(at="12:00")


def test_the_database_holds_it_too(world):
    row = world.add(days=["mon"], at="12:00")
    on_change = world.add(on_change=True)
    for days, clock, whose in (
        ("mon", time(12), row),
        ("", None, on_change),
        ("", time(12), row),
        ("mon", None, row),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Announcement.objects.create(
                schedule=world.schedule, recipient=whose.recipient, days=days, at=clock, created_at=world.now
            )


def test_what_was_added_stands_in_the_ledger(world):
    row = world.add(days=["fri", "mon", "mon"], at="12:00")
    entry = Entry.objects.get(verb="announcement.added")
    assert entry.what == "Payments announces who is on call to slack://…, Mon, Fri 12:00"
    assert (entry.subject_type, entry.subject_id, entry.data) == (
        "schedule",
        world.schedule.pk,
        {"announcement": row.pk},
    )
