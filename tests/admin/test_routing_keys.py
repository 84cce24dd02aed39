"""A routing key's own page: what came by it, what was refused and why, and how much it takes."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission

from escalation.actions import config
from escalation.intake import OverLimit, Refusal, note_refusal
from escalation.models import KeyMinute, RoutingKey
from people.ledger.models import Entry
from tests.admin.conftest import browser
from tests.admin.filled import filled
from tests.world import KEY, MINUTE, TESTS

LIST = "/admin/escalation/routingkey/"


@pytest.fixture
def page(world):
    return f"{LIST}{world.key.pk}/change/"


def text(answer):
    return answer.content.decode()


def came(world, *, ago=timedelta(0), events=0, refused=0, shard=0, key=None):
    at = world.now - ago
    return KeyMinute.objects.create(
        key=key or world.key, minute=at.replace(second=0, microsecond=0), shard=shard,
        events=events, refused=refused, last_event_at=at if events else None,
    )  # fmt: skip


def refuse(world, **more):
    said = {"keys": (KEY,), "source": "grafana", "status": 400, "why": "'alerts' is missing", "at": world.now}
    note_refusal(Refusal(**{**said, **more}))


def test_it_says_when_the_last_event_came_and_how_many_in_a_minute_an_hour_and_a_day(mia, world, page):
    came(world, ago=3 * MINUTE, events=1000)
    came(world, ago=3 * MINUTE, events=234, shard=1)
    came(world, ago=timedelta(hours=5), events=7, refused=2)
    came(world, ago=timedelta(hours=25), events=50_000)
    said = text(mia.get(page))
    assert ">3 min ago</time>" in said
    for figure in ("1,234", "1,241", "0 of 12,000 (0 %)"):
        assert f">{figure}<" in said
    assert "Within the last 60 minutes 1,234 events came and 0 posts were refused" in said
    assert "<title>09:57 UTC: 1,234 events</title>" in said
    assert said.count("<rect") == 1


def test_a_key_by_which_nothing_came_says_so(mia, page):
    said = text(mia.get(page))
    assert ">never<" in said
    assert "Nothing came within the last 60 minutes." in said
    assert "Nothing was refused so far." in said


def test_what_was_refused_last_stands_there_with_why(mia, world, page):
    refuse(world, body=b'{"labels":{"a":"<script>"},"token":"hunter2"}')
    said = text(mia.get(page))
    assert "a post by <strong>grafana</strong> was answered with <strong>400</strong>" in said
    assert "&#x27;alerts&#x27; is missing" in said
    assert "{\n  &quot;labels&quot;: {\n    &quot;a&quot;: &quot;&lt;script&gt;&quot;\n  }" in said
    assert "hunter2" not in said
    assert KEY not in said


@pytest.mark.parametrize("body", [b"not json <b>", b"[" * 5000, b'{"n": 1e999}', b"\xff\x00"])
def test_whatever_was_posted_the_page_opens(mia, world, page, body):
    refuse(world, body=body)
    assert mia.get(page).status_code == 200


class TestHints:
    def test_all_was_refused(self, mia, world, page):
        refuse(world)
        assert "All that came by it within the last hour was refused" in text(mia.get(page))
        came(world, events=1)
        assert "All that came by it" not in text(mia.get(page))

    @pytest.mark.parametrize(("hours", "hinted"), [(23, False), (24, True), (200, True)])
    def test_nothing_came_for_a_day(self, mia, world, page, hours, hinted):
        came(world, ago=timedelta(hours=hours), events=1)
        assert ("Nothing has come by it for" in text(mia.get(page))) is hinted

    @pytest.mark.parametrize(("events", "hinted"), [(79, False), (80, True)])
    def test_it_is_near_its_limit(self, mia, world, page, events, hinted):
        RoutingKey.objects.update(events_per_minute=100)
        came(world, events=events)
        assert (f"The last minute held {events} events" in text(mia.get(page))) is hinted

    def test_it_is_over_it(self, mia, world, page):
        refuse(world, keys=(), over=OverLimit(world.key.pk, limit=1, retry_after=1))
        assert "It is over its limit" in text(mia.get(page))


class TestTheLimit:
    def change(self, client, page, value):
        return client.post(page, filled(client.get(page), events_per_minute=value))

    @pytest.mark.parametrize(
        ("value", "stored", "said"),
        [("120", 120, "120 events a minute"), ("0", 0, "whatever comes")],
    )
    def test_is_changed_here_and_stands_in_the_ledger(self, mia, world, page, value, stored, said):
        assert self.change(mia, page, value).status_code == 302
        world.key.refresh_from_db()
        assert world.key.events_per_minute == stored
        entry = Entry.objects.get(verb="routing_key.changed")
        assert entry.what == f"routing key tests of service payments-api takes {said}"
        assert (entry.subject_type, entry.subject_id, entry.actor) == ("service", world.service.pk, world.mia)
        assert self.change(mia, page, value).status_code == 302
        assert Entry.objects.filter(verb="routing_key.changed").count() == 1
        assert self.change(mia, page, "").status_code == 302
        world.key.refresh_from_db()
        assert world.key.events_per_minute is None

    @pytest.mark.parametrize("value", ["-1", "12.5", "many", "10000001", "9" * 30])
    def test_is_refused_where_it_is_none(self, mia, world, page, value):
        assert self.change(mia, page, value).status_code == 200
        world.key.refresh_from_db()
        assert world.key.events_per_minute is None

    def test_goes_on_to_a_new_key_of_that_name(self, mia, world, page):
        self.change(mia, page, "7")
        new = config.ensure_routing_key(
            service=world.service, name="tests", key="a" * 32, by=TESTS, now=world.now
        )
        assert new.events_per_minute == 7


class TestWhoSeesIt:
    def test_who_may_edit_the_service(self, mia, zoe, root, world, page):
        assert [client.get(page).status_code for client in (mia, root, zoe)] == [200, 200, 302]
        assert zoe.post(page, {"events_per_minute": "1"}).status_code == 302
        world.key.refresh_from_db()
        assert world.key.events_per_minute is None
        assert "payments-api" not in text(zoe.get(LIST))

    def test_of_a_service_without_a_team_any_manager(self, zoe, world, page):
        type(world.service).objects.update(team=None)
        assert zoe.get(page).status_code == 200

    def test_but_nobody_who_manages_nothing(self, world, page):
        type(world.service).objects.update(team=None)
        type(world.ana).objects.filter(pk=world.ana.pk).update(is_staff=True)
        world.ana.user_permissions.set(Permission.objects.filter(codename__endswith="routingkey"))
        assert browser(world.ana).get(page).status_code == 302

    def test_nobody_makes_or_deletes_one_here(self, root, world, page):
        assert root.get(f"{LIST}add/").status_code == 403
        assert root.post(f"{LIST}{world.key.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_one_that_is_revoked_is_gone(self, mia, world, page):
        config.revoke_routing_key(key=world.key, by=TESTS, now=world.now)
        assert mia.get(page).status_code == 302


def test_the_list_shows_each_with_its_numbers_in_as_many_questions(mia, world, django_assert_max_num_queries):
    came(world, ago=3 * MINUTE, events=12, refused=3)
    for number in range(10):
        config.ensure_routing_key(service=world.service, name=f"more {number}", by=TESTS, now=world.now)
    with django_assert_max_num_queries(9):
        said = text(mia.get(LIST))
    assert ">3 min ago<" in said
    assert ">12<" in said
    assert ">3<" in said
    assert ">never<" in said


def test_the_page_of_the_service_says_it_in_a_line_that_leads_here(mia, world, page):
    came(world, ago=3 * MINUTE, events=12, refused=2)
    said = text(mia.get(f"/admin/escalation/service/{world.service.pk}/change/"))
    assert "Last event 3 min ago, 12 an hour, 2 refused" in said
    assert page in said
