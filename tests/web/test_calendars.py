"""The page of calendar addresses: whose one may see, and what one may do to them."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from oncall import actions as oncall
from oncall.actions.feeds import issue_feed, live_feed, note_fetch
from oncall.models import Feed
from people import actions as people
from people.ledger.models import Entry
from people.models import User
from tests.world import TESTS


def text(answer):
    return answer.content.decode()


def paths(page):
    return re.findall(r"/ical/[A-Za-z0-9_-]+\.ics", page)


def browser(user, **more):
    client = Client(**more)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def mia(world):
    return browser(world.mia)


def act(client, act, of="me", **more):
    return client.post("/calendars", {"act": act, "of": of} | more, follow=True)


def everything(world):
    """One feed of each kind, by what a form names it."""
    owners = {
        ("me", False): world.ana,
        ("schedule", False): world.schedule,
        ("schedule", True): world.schedule,
        ("team", False): world.team,
        ("team", True): world.team,
        ("all", True): None,
    }
    return {
        key: issue_feed(owner=owner, gaps=key[1], by=TESTS, now=world.now) for key, owner in owners.items()
    }


@pytest.mark.parametrize("address", ["/", "/calendars", "/calendars/"])
def test_looking_makes_no_address(ana, address):
    assert "/ical/" not in text(ana.get(address))
    assert not Feed.objects.exists()


def test_who_has_not_logged_in_is_asked_to_and_changes_nothing(client, world):
    for answer in (client.get("/calendars"), client.post("/calendars", {"act": "make", "of": "me"})):
        assert answer.headers["Location"] == "/login/?next=/calendars"
    assert not Feed.objects.exists()


def test_ones_address_is_made_shown_again_on_both_pages_replaced_and_ended(ana):
    (first,) = paths(text(act(ana, "make")))
    assert paths(text(ana.get("/calendars"))) == paths(text(ana.get("/"))) == [first]
    assert ana.get(first).status_code == 200
    (second,) = paths(text(act(ana, "rotate")))
    assert [ana.get(path).status_code for path in (first, second)] == [410, 200]
    assert paths(text(act(ana, "end"))) == paths(text(ana.get("/"))) == []
    assert ana.get(second).status_code == 410


def test_both_pages_say_who_fetched_it_last(ana, world):
    act(ana, "make")
    for address in ("/", "/calendars"):
        assert "never fetched" in text(ana.get(address))
    at = world.now - timedelta(hours=6)
    note_fetch(feed=Feed.objects.get(), user_agent="Google-Calendar-Importer", now=at)
    for address in ("/", "/calendars"):
        assert "last fetched by Google 6 h ago" in text(ana.get(address))
    assert "Google may take a day to show a change" in text(ana.get("/calendars"))


def test_what_a_program_says_of_itself_is_no_markup(ana, world):
    act(ana, "make")
    note_fetch(feed=Feed.objects.get(), user_agent="<script>x</script>", now=world.now)
    assert "&lt;script&gt;" in text(ana.get("/calendars"))
    assert "<script" not in text(ana.get("/calendars"))


def test_the_alarm_is_set_and_taken_away(ana):
    (path,) = paths(text(act(ana, "make")))
    assert '<option value="30" selected>' in text(act(ana, "alarm", minutes="30"))
    assert b"TRIGGER:-PT30M" in ana.get(path).content
    assert '<option value="" selected>' in text(act(ana, "alarm", minutes=""))
    assert b"VALARM" not in ana.get(path).content


def test_an_alarm_set_elsewhere_is_shown_as_it_is(ana, world):
    act(ana, "make")
    Feed.objects.update(alarm_minutes=77)
    assert '<option value="77" selected>77 minutes</option>' in text(ana.get("/calendars"))


@pytest.mark.parametrize("minutes", ["-1", "40321", "x", "9" * 40, "٣", "1\x00"])
def test_an_alarm_that_is_none_is_refused_with_a_sentence(ana, minutes):
    act(ana, "make")
    assert "An alarm is" in text(act(ana, "alarm", minutes=minutes))
    assert Feed.objects.get().alarm_minutes is None


def test_a_responder_sees_their_own_address_alone(ana, world):
    tokens = everything(world)
    page = text(ana.get("/calendars"))
    assert paths(page) == [f"/ical/{tokens['me', False]}.ics"]
    assert "Whole team" not in page


def test_a_manager_sees_those_of_the_team_its_schedules_and_the_gaps_but_nobodys_own(mia, world):
    tokens = everything(world)
    own = tokens.pop(("me", False))
    page = text(mia.get("/calendars"))
    assert sorted(paths(page)) == sorted(f"/ical/{token}.ics" for token in tokens.values())
    assert own not in page


def test_a_manager_of_another_team_sees_the_gaps_of_everything_alone(world):
    tokens = everything(world)
    zoe = world.person("zoe", "Zoe Voss")
    team = people.create_team(name="Search", by=TESTS, now=world.now)
    people.set_members(team=team, members={zoe: "manager", world.ana: "responder"}, by=TESTS, now=world.now)
    assert paths(text(browser(zoe).get("/calendars"))) == [f"/ical/{tokens['all', True]}.ics"]


def test_a_schedule_of_no_team_is_any_managers(mia, ana, world):
    token = issue_feed(owner=world.schedule, by=TESTS, now=world.now)
    oncall.set_team(schedule=world.schedule, team=None, by=TESTS, now=world.now)
    page = text(mia.get("/calendars"))
    assert "Of no team" in page
    assert paths(page) == [f"/ical/{token}.ics"]
    assert paths(text(ana.get("/calendars"))) == []


def test_a_retired_schedule_is_shown_while_it_has_an_address_to_end(mia, world):
    named = f"schedule-{world.schedule.pk}"
    issue_feed(owner=world.schedule, by=TESTS, now=world.now)
    oncall.retire_schedule(schedule=world.schedule, by=TESTS, now=world.now)
    assert named in text(mia.get("/calendars"))
    assert named not in text(act(mia, "end", f"schedule:{world.schedule.pk}"))


def test_a_superuser_sees_every_teams(world):
    tokens = everything(world)
    root = User.objects.create_superuser("root", "root@example.com", date_joined=world.now)
    assert len(paths(text(browser(root).get("/calendars")))) == len(tokens) - 1


@pytest.mark.parametrize("verb", ["make", "rotate", "end", "alarm"])
@pytest.mark.parametrize("of", ["team", "schedule", "all"])
def test_what_one_may_not_hold_is_not_found_and_stays(ana, world, verb, of):
    everything(world)
    numbers = {"team": f":{world.team.pk}", "schedule": f":{world.schedule.pk}", "all": ""}
    before = Entry.objects.count()
    assert act(ana, verb, f"{of}{numbers[of]}", gaps="1").status_code == 404
    assert (Feed.objects.filter(revoked_at=None).count(), Entry.objects.count()) == (6, before)


@pytest.mark.parametrize(
    ("verb", "of"),
    [
        ("make", ""),
        ("make", "user:1"),
        ("make", "team:"),
        ("make", "team:0"),
        ("make", "team:-1"),
        ("make", "team:1' OR 1=1"),
        ("make", "team:٣"),
        ("make", "schedule:" + "9" * 18),
        ("make", "schedule:" + "9" * 400),
        ("make", "schedule:1\x00"),
        ("make", "me\x00"),
        ("", "me"),
        ("delete", "me"),
        ("__class__", "me"),
    ],
)
def test_a_form_that_no_page_of_ours_holds_is_not_found(mia, verb, of):
    assert act(mia, verb, of).status_code == 404
    assert not Feed.objects.exists()


def test_a_manager_makes_replaces_and_ends_each(mia, world):
    for of in (f"team:{world.team.pk}", f"schedule:{world.schedule.pk}", "all"):
        more = {"gaps": "1"}
        (first,) = paths(text(act(mia, "make", of, **more)))
        (second,) = paths(text(act(mia, "rotate", of, **more)))
        assert [mia.get(path).status_code for path in (first, second)] == [410, 200]
        assert paths(text(act(mia, "end", of, **more))) == []
    last = Entry.objects.filter(verb="feed.revoked").order_by("-pk").first()
    assert (last.actor, last.what) == (world.mia, "Revoked the calendar of gaps of all")


def test_what_cannot_be_says_so(mia, world):
    assert "A person has no gaps" in text(act(mia, "make", gaps="1"))
    assert "there is only the calendar of gaps" in text(act(mia, "make", "all"))
    assert "has no address any more" in text(act(mia, "end"))
    act(mia, "make", f"team:{world.team.pk}")
    assert "own calendar rings" in text(act(mia, "alarm", f"team:{world.team.pk}", minutes="5"))


def test_an_answer_goes_back_to_the_calendar_and_is_kept_by_nobody(mia, world):
    answer = mia.post("/calendars", {"act": "make", "of": f"team:{world.team.pk}", "gaps": "1"})
    assert answer.headers["Location"] == f"/calendars#team-{world.team.pk}-gaps"
    page = mia.get("/calendars")
    assert f'id="team-{world.team.pk}-gaps"' in text(page)
    assert "no-store" in page.headers["Cache-Control"]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_form_without_its_token_is_refused(world):
    answer = browser(world.ana, enforce_csrf_checks=True).post("/calendars", {"act": "make", "of": "me"})
    assert answer.status_code == 403
    assert not Feed.objects.exists()


def test_an_address_of_another_secret_key_is_said_to_be_lost_and_can_be_replaced(ana, world, settings):
    act(ana, "make")
    old = live_feed(world.ana)
    Feed.objects.filter(pk=old.pk).update(digest="0" * 64)  # as another SECRET_KEY leaves it
    for address in ("/", "/calendars"):
        assert "cannot be shown again" in text(ana.get(address))
    assert len(paths(text(act(ana, "rotate")))) == 1


def test_the_page_asks_no_more_of_the_database_for_more_schedules(mia, world):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert mia.get("/calendars").status_code == 200
        return len(captured)

    everything(world)
    few = queries()
    for number in range(5):
        schedule = world.rotation(f"More {number}", [[world.ana.pk]])
        issue_feed(owner=schedule, by=TESTS, now=world.now)
    assert queries() == few
