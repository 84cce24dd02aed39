"""A service that groups: alerts that have labels in common are one incident, for a while."""

from datetime import timedelta
from random import Random

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from escalation import intake
from escalation.actions import config, respond
from escalation.models import Alert, Incident
from escalation.sources.event import Action, Event
from paging.models import Attempt
from people.ledger.record import Actor
from tests.world import KEY, TESTS

MINUTE = timedelta(minutes=1)
WINDOW = 10 * MINUTE
BY = ["alertname", "cluster"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world):
    """Its service groups by alert and cluster, for ten minutes."""
    grouped(world, by=BY)
    return world


def grouped(world, *, by, window=WINDOW):
    config.change_service(service=world.service, group_by=by, group_window=window, by=TESTS, now=world.now)


def fired(key, *, severity="SEV-1", action=Action.TRIGGER, name="Disk", cluster="eu1", **labels):
    labels = {"alertname": name, "cluster": cluster, **labels}
    labels = {label: value for label, value in labels.items() if value is not None}
    return Event(action=action, dedup_key=key, summary=f"{key} is full", severity=severity, labels=labels)


def receive(world, *events):
    intake.receive(key=KEY, events=events, source="tests", now=world.now)


def post(world, *events):
    receive(world, *events)
    return [Alert.objects.filter(dedup_key=event.dedup_key).latest("pk").incident for event in events]


def alerts_of(incident):
    return sorted(incident.alerts.values_list("dedup_key", flat=True))


def test_alerts_with_the_same_labels_are_one_incident_which_keeps_its_title(world):
    (first,) = post(world, fired("a"))
    world.now += 9 * MINUTE
    (second,) = post(world, fired("b", pod="other"))
    assert first == second
    assert second.title == "a is full"
    assert (alerts_of(second), second.alert_count) == (["a", "b"], 2)
    line = (
        "tests (tests): one more alert joined: b is full (the service groups by alertname=Disk, cluster=eu1)"
    )
    assert line in world.timeline(second)


@pytest.mark.parametrize("other", [{"name": "Cpu"}, {"cluster": "eu2"}, {"cluster": None}])
def test_another_value_or_none_is_another_incident(world, other):
    first, second = post(world, fired("a"), fired("b", **other))
    assert first != second


def test_a_label_that_is_missing_is_empty(world):
    first, second = post(world, fired("a", cluster=None), fired("b", cluster=""))
    assert first == second


def test_without_labels_all_alerts_of_the_service_are_one(world):
    grouped(world, by=[])
    first, second = post(world, fired("a"), fired("b", name="Cpu", cluster=None))
    assert first == second


@pytest.mark.parametrize(("after", "joins"), [(-1, True), (0, False), (1, False)])
def test_the_window_counts_from_the_trigger_to_the_second(world, after, joins):
    (first,) = post(world, fired("a"))
    world.now += WINDOW + timedelta(seconds=after)
    (second,) = post(world, fired("b"))
    assert (first == second) == joins


def test_past_the_window_the_next_begins_a_group_of_its_own(world):
    (first,) = post(world, fired("a"))
    world.now += WINDOW
    (second,), (third,) = post(world, fired("b")), post(world, fired("c"))
    assert first != second == third
    assert post(world, fired("a")) == [first]  # its own key still counts on it


def test_a_resolved_one_is_never_joined(world):
    (first,) = post(world, fired("a"))
    post(world, fired("a", action=Action.RESOLVE))
    (second,) = post(world, fired("b"))
    assert first != second
    assert second.status == "triggered"


def test_it_ends_when_all_its_alerts_have(world):
    (incident, _) = post(world, fired("a"), fired("b"))
    post(world, fired("a", action=Action.RESOLVE))
    incident.refresh_from_db()
    assert incident.status == "triggered"
    post(world, fired("b", action=Action.RESOLVE))
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_another_service_is_another_group(world):
    other = config.create_service(
        name="search", policy=world.policy, group_by=BY, group_window=WINDOW, by=TESTS, now=world.now
    )
    (first,) = post(world, fired("a"))
    second = intake.raise_alert(service=other, event=fired("b"), by=TESTS, now=world.now)
    assert first != second


def test_once_it_is_switched_off_each_alert_has_its_own_again(world):
    (first,) = post(world, fired("a"))
    grouped(world, by=[], window=None)
    (second,) = post(world, fired("b"))
    assert first != second


def test_one_post_about_many_is_one_incident_named_after_the_worst_and_says_how_many(world):
    post(world, fired("a", severity="SEV-2"), fired("b", severity="SEV-1"), fired("c", severity="SEV-3"))
    incident = Incident.objects.get()
    assert (incident.title, incident.severity, incident.alert_count) == ("b is full", "SEV-1", 3)
    world.tick()
    assert world.sent() == [(0, "ana", "email")]
    assert Attempt.objects.get().subject == f"[SEV-1] payments-api (3 alerts): b is full (#{incident.pk})"


def test_a_further_alert_pages_nobody_again_while_the_steps_run(world):
    post(world, fired("a"))
    world.wait(minutes=1)
    post(world, fired("b"))
    world.wait(minutes=1)
    assert world.sent() == [(0, "ana", "email")]
    world.wait(minutes=3)
    assert world.sent()[-1] == (5, "bo", "email")  # by the rhythm of the first


def test_a_worse_one_raises_it_and_pages_where_it_waited(world):
    (incident,) = post(world, fired("a", severity="SEV-4"))
    assert world.wait(minutes=2).sent() == []
    post(world, fired("b", severity="SEV-2"))
    world.tick()
    assert world.sent() == [(2, "ana", "email")]
    incident.refresh_from_db()
    assert (incident.severity, incident.urgency, incident.parked_reason) == ("SEV-2", "high", "")
    assert "a further alert is urgent; paging starts at step 1, as SEV-2" in "\n".join(
        world.timeline(incident)
    )


def test_a_low_one_that_joins_a_low_one_wakes_nobody(world):
    first, _ = post(world, fired("a", severity="SEV-4"), fired("b", severity="SEV-4"))
    post(world, fired("c", severity="SEV-4"))
    assert world.wait(minutes=5).sent() == []
    first.refresh_from_db()
    assert (first.alert_count, first.parked_reason) == (3, "low urgency")


def test_a_further_alert_of_an_acknowledged_one_is_written_down_and_pages_nobody(world):
    (incident,) = post(world, fired("a", severity="SEV-2"))
    world.tick().acknowledge(incident, world.bo)
    world.wait(minutes=1)
    post(world, fired("b", severity="SEV-2"))
    assert world.wait(minutes=20).sent() == [(0, "ana", "email")]
    incident.refresh_from_db()
    assert (incident.status, incident.acknowledged_by, incident.alert_count) == ("acknowledged", world.bo, 2)
    assert "unless it is worse nobody is paged again" in "\n".join(world.timeline(incident))


@pytest.mark.parametrize("put_off", [False, True])
def test_a_worse_one_pages_again_though_it_was_acknowledged_or_put_off(world, put_off):
    (incident,) = post(world, fired("a", severity="SEV-2"))
    world.tick()
    if put_off:
        until = world.now + timedelta(days=3)
        respond.snooze(incident_id=incident.pk, until=until, by=Actor.person(world.bo), now=world.now)
    else:
        world.acknowledge(incident, world.bo)
    world.wait(minutes=1)
    post(world, fired("b", severity="SEV-1"))
    world.tick()
    assert world.sent() == [(0, "ana", "email"), (1, "ana", "email")]
    incident.refresh_from_db()
    assert (incident.status, incident.severity, incident.acknowledged_by) == ("triggered", "SEV-1", None)
    assert "it is worse than what was acknowledged or put off" in "\n".join(world.timeline(incident))


def test_a_further_alert_of_one_that_nobody_answered_pages_anew(world):
    grouped(world, by=BY, window=timedelta(hours=2))
    (incident,) = post(world, fired("a"))
    world.wait(minutes=30)
    incident.refresh_from_db()
    assert incident.parked_reason == "exhausted"
    before = len(world.sent())
    post(world, fired("b"))
    world.tick()
    assert world.sent()[before:] == [(30, "ana", "email")]


def test_one_that_is_quiet_for_another_reason_takes_nobody_in(world):
    """A new alert might be urgent all the same: it has an incident of its own, and pages."""
    (quiet,) = post(world, fired("a"))
    Incident.objects.filter(pk=quiet.pk).update(parked_reason="of a later version", wake_at=None)
    (loud,) = post(world, fired("b"))
    assert loud != quiet
    assert world.tick().sent() == [(0, "ana", "email")]


def test_what_has_none_of_the_labels_has_nothing_in_common_and_pages_for_itself(world):
    first, second = post(world, fired("a", name=None, cluster=None), fired("b", name="", cluster=None))
    assert first != second


@pytest.mark.parametrize("by", [[], BY])
def test_what_a_person_opens_by_hand_pages_for_itself_whatever_is_open(api, world, by):
    grouped(world, by=by)
    (first,) = post(world, fired("a"))
    world.acknowledge(first, world.bo)
    asked = {"service": "payments-api", "title": "It is slow"}
    answer = api.post("/api/v1/incidents", asked, format="json")
    assert (answer.status_code, answer.json()["id"] != first.pk) == (201, True)
    assert world.tick().sent() == [(0, "ana", "email")]


def test_the_statements_do_not_grow_with_what_joins_and_opens(world):
    def asked(count, name):
        events = [fired(f"{name}{n}", name=f"{name}{n % (count // 3)}") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            receive(world, *events[: count // 2])
            receive(world, *events[count // 2 :])
        return len(queries)

    asked(6, "warm")
    assert asked(48, "many") <= asked(6, "few")


def test_a_grouped_incident_is_decided_in_a_batch_as_any_other(world):
    """The batch is saved by an INSERT that finds its rows there: no name of a group may be in its way."""
    for n in range(5):
        post(world, fired(f"a{n}", name=f"n{n}"))
    world.wait(minutes=5)
    assert {len(row.outside_done) or row.step for row in Incident.objects.all()} == {2}


@pytest.mark.parametrize("seed", range(6))
def test_whatever_comes_and_goes_each_alert_is_where_a_slow_reader_puts_it(world, seed):
    """The oracle walks the events one by one and looks at every incident there is."""
    random = Random(seed)  # noqa: S311 - no secret
    incidents: list[dict] = []
    for step in range(60):
        world.now += random.randrange(240) * timedelta(seconds=1)
        key = f"k{random.randrange(8)}"
        event = fired(key, name=random.choice("xy"), severity=random.choice(["SEV-1", "SEV-4"]))
        holder = next((one for one in incidents if key in one["open"]), None)
        if random.random() < 0.3:
            receive(world, fired(key, action=Action.RESOLVE))
            if holder:
                holder["open"].remove(key)
            continue
        (row,) = post(world, event)
        if holder is None:
            name = event.labels["alertname"]
            standing = [one for one in incidents if one["open"] and one["name"] == name]
            holder = next((one for one in standing if world.now - one["at"] < WINDOW), None)
            if holder is None:
                holder = {"pk": row.pk, "name": name, "at": world.now, "open": set()}
                incidents.append(holder)
            holder["open"].add(key)
        assert row.pk == holder["pk"], f"step {step}"
    open_ = Incident.objects.exclude(status="resolved").values_list("pk", flat=True)
    assert sorted(open_) == sorted(one["pk"] for one in incidents if one["open"])


def test_alertmanager_s_group_of_three_is_one_incident_and_one_that_resolves_leaves_two(client, world):
    """Case D5, for a service that groups."""

    def body(*statuses):
        alerts = [
            {"status": status, "labels": {"alertname": "Disk", "cluster": "eu1", "pod": str(n)},
             "fingerprint": str(n)}
            for n, status in enumerate(statuses)
        ]  # fmt: skip
        return orjson.dumps({"version": "4", "groupKey": "{}", "status": "firing", "alerts": alerts})

    def sent(*statuses):
        path = f"/integrations/alertmanager/{KEY}"
        return client.post(path, body(*statuses), content_type="application/json").json()["incidents_opened"]

    assert sent("firing", "firing", "firing") == 1
    assert sent("firing", "resolved", "firing") == 0
    assert sorted(Alert.objects.values_list("status", flat=True)) == ["open", "open", "resolved"]
    assert Incident.objects.get().status == "triggered"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"group_window": timedelta(0)}, "for more than no time and at most a day"),
        ({"group_window": timedelta(days=1, seconds=1)}, "for more than no time and at most a day"),
        ({"group_by": ["a", "a"]}, "“a” stands in the grouping twice"),
        ({"group_by": [" "]}, "is no label's name"),
        ({"group_by": [f"l{n}" for n in range(11)]}, "at most 10 labels, and here by 11"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(world, given, said):
    with pytest.raises(config.ConfigError, match=said):
        config.change_service(service=world.service, by=TESTS, now=world.now, **given)


def test_how_it_groups_is_read_over_the_api(api, world):
    assert api.get("/api/v1/services/payments-api").json()["grouping"] == {"by": BY, "window": 600}
