"""An alert that comes and goes is marked from its third time within 24 hours."""

from datetime import timedelta

import pytest

from escalation.models import Incident
from escalation.sources.event import Action
from paging.models import Attempt

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


def come_and_go(world, key="disk"):
    world.alert(key)
    incident = world.alert(key, action=Action.RESOLVE)
    incident.refresh_from_db()
    return incident


def test_from_the_third_time_it_is_marked_and_the_page_says_so(world):
    episodes = []
    for _ in range(3):
        episodes.append(come_and_go(world).episodes)
        world.now += timedelta(hours=2)
    fourth = world.alert()
    world.tick()
    assert [*episodes, fourth.episodes] == [1, 2, 3, 4]
    said = f"[SEV-1] payments-api (flapping: 4th time in 24 h): disk is full (#{fourth.pk})"
    assert Attempt.objects.latest("pk").subject == said
    assert "flapping: 4th time in 24 h" in world.timeline(fourth)[0]


@pytest.mark.parametrize(("after", "episodes"), [(-1, 2), (0, 1), (1, 1)])
def test_what_ended_a_day_ago_no_longer_counts(world, after, episodes):
    come_and_go(world)
    world.now += DAY + timedelta(seconds=after)
    assert world.alert().episodes == episodes


def test_another_key_and_more_events_of_an_open_alert_count_nothing(world):
    come_and_go(world)
    come_and_go(world)
    assert world.alert("other").episodes == 1
    world.alert()
    assert world.alert().episodes == 3


def test_recurring_within_the_hour_is_told_apart(world):
    come_and_go(world)
    world.now += timedelta(minutes=59)
    again = come_and_go(world)
    world.now += timedelta(minutes=61)
    later = world.alert()
    assert (again.recurred, later.recurred) == (True, False)
    assert (again.episodes, later.episodes) == (2, 3)


def test_it_is_shown_and_filtered_over_the_api(api, world):
    for _ in range(3):
        last = come_and_go(world)
    world.alert("steady")

    def listed(query):
        return [one["id"] for one in api.get(f"/api/v1/incidents?{query}").json()["results"]]

    assert listed("flapping=true") == [last.pk]
    assert sorted(listed("flapping=false")) == sorted(
        set(Incident.objects.values_list("pk", flat=True)) - {last.pk}
    )
    shown = api.get(f"/api/v1/incidents/{last.pk}").json()
    assert (shown["episodes"], shown["flapping"], shown["recurred"]) == (3, True, True)


def test_a_new_alert_costs_no_more_statements_than_before(world, django_assert_max_num_queries):
    """Asked with what is asked anyway, whether the key recurred."""
    come_and_go(world)
    world.alert("warm")
    with django_assert_max_num_queries(13):  # with the two of the test itself
        world.alert("disk")
