"""Calendar addresses in the admin: who fetched them last, and their end. The secret is on no page."""

from datetime import timedelta

import pytest

from oncall.actions.feeds import issue_feed, note_fetch, revoke_feed
from oncall.models import Feed
from people.ledger.models import Entry
from tests.world import TESTS

LIST = "/admin/oncall/feed/"


def text(answer):
    return answer.content.decode()


@pytest.fixture
def tokens(world):
    owners = {"ana": world.ana, "mia": world.mia, "schedule": world.schedule, "search": world.search}
    return {name: issue_feed(owner=owner, by=TESTS, now=world.now) for name, owner in owners.items()}


@pytest.fixture
def feeds(world, tokens):
    return {
        "ana": Feed.objects.get(user=world.ana),
        "mia": Feed.objects.get(user=world.mia),
        "schedule": Feed.objects.get(schedule=world.schedule),
        "search": Feed.objects.get(team=world.search),
    }


def page(feed):
    return f"{LIST}{feed.pk}/change/"


def revoke(browser, feed):
    return browser.post(f"{LIST}{feed.pk}/act/revoke/", follow=True)


def live(feed):
    return Feed.objects.filter(pk=feed.pk, revoked_at=None).exists()


def test_the_list_and_each_page_say_who_fetched_it_last(mia, world, feeds):
    at = world.now - timedelta(hours=6)
    note_fetch(feed=feeds["ana"], user_agent="Google-Calendar-Importer <b>", now=at)
    for shown in (text(mia.get(LIST)), text(mia.get(page(feeds["ana"])))):
        assert "Calendar of Ana Ruiz" in shown
        assert "last fetched by Google 6 h ago" in shown
    assert "Google-Calendar-Importer &lt;b&gt;" in text(mia.get(page(feeds["ana"])))
    assert "never fetched" in text(mia.get(page(feeds["schedule"])))


def test_a_team_and_a_schedule_of_one_name_are_told_apart(mia, world, feeds):
    issue_feed(owner=world.team, gaps=True, by=TESTS, now=world.now)
    issue_feed(owner=None, gaps=True, by=TESTS, now=world.now)
    shown = text(mia.get(LIST))
    for name in (
        "Calendar of Ana Ruiz (person)",
        "Calendar of Payments (schedule)",
        "Calendar of gaps of Payments (team)",
        "Calendar of gaps of all<",
    ):
        assert name in shown


def test_a_manager_hears_of_no_other_team_s_calendars_nor_of_its_people_s(zoe, world, feeds):
    issue_feed(owner=None, gaps=True, by=TESTS, now=world.now)
    revoke_feed(feed=feeds["search"], by=TESTS, now=world.now)
    shown = text(zoe.get(LIST))
    assert "Calendar of Search" in shown, "one's own, ended ones too"
    assert "Calendar of gaps of all" in shown
    assert not any(name in shown for name in ("Ana Ruiz", "Mia Falk", "Payments"))
    assert [zoe.get(page(feeds[name])).status_code for name in feeds] == [302, 302, 302, 200]


def test_the_secret_and_what_it_is_made_from_are_on_no_page(root, tokens, feeds):
    pages = text(root.get(LIST)) + "".join(text(root.get(page(feed))) for feed in feeds.values())
    for name, feed in feeds.items():
        for secret in (tokens[name], feed.digest, str(feed.nonce), feed.nonce.hex):
            assert secret not in pages
    assert "/ical/" not in pages


def test_nothing_is_added_or_edited(root, feeds):
    assert root.get(f"{LIST}add/").status_code == 403
    assert root.post(page(feeds["ana"]), {"alarm_minutes": "5"}).status_code == 403
    assert not Feed.objects.exclude(alarm_minutes=None).exists()


@pytest.mark.parametrize("name", ["mia", "schedule"])
def test_a_manager_ends_their_own_and_their_teams(mia, world, client, feeds, tokens, name):
    assert "answers 410 from now on" in text(revoke(mia, feeds[name]))
    assert client.get(f"/ical/{tokens[name]}.ics").status_code == 410
    assert Entry.objects.get(verb="feed.revoked").actor == world.mia
    assert "act/revoke" not in text(mia.get(page(feeds[name])))


@pytest.mark.parametrize("name", ["ana", "search"])
def test_a_manager_ends_no_other(mia, feeds, name):
    assert "act/revoke" not in text(mia.get(page(feeds[name])))
    revoke(mia, feeds[name])
    mia.post(LIST, {"action": "revoke", "_selected_action": str(feeds[name].pk)})
    assert live(feeds[name])


def test_a_superuser_ends_several_at_once(root, feeds):
    chosen = [str(feed.pk) for feed in feeds.values()]
    root.post(LIST, {"action": "revoke", "_selected_action": chosen})
    assert not any(map(live, feeds.values()))


def test_a_responder_is_not_let_in(client, world, feeds):
    client.force_login(world.ana, backend="django.contrib.auth.backends.ModelBackend")
    revoke(client, feeds["ana"])
    assert live(feeds["ana"])
