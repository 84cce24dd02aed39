"""Posts that come at the same moment are taken in together, and each as if it had come alone."""

from functools import partial

import pytest
from django.db import DataError, connection, transaction

from escalation import intake
from escalation.actions import config
from escalation.intake import at_once, batched, guessing, keys
from escalation.models import Alert, Incident, KeyMinute, RoutingKey
from escalation.sources.event import Action, Event
from paging.models import Page
from people import together as module
from people.ledger.models import Entry
from tests.racing import POLL, Race, waiting
from tests.world import KEY, TESTS, World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres("SQLite has no such statements")]
REPEATED, FOUND = keys.BATCHED[keys.KEY_AND_REPEAT], keys.BATCHED[keys.KEY_AND_FOUND]
OPENED = at_once._open()
EACH = (REPEATED, FOUND, OPENED, at_once._repeat())


@pytest.fixture
def asked(monkeypatch):
    """The statements that were asked, and of how many events."""
    found = []

    def counted(one, usual, ones):
        found.append((one, len(ones)))
        return usual(ones)

    for one in EACH:
        monkeypatch.setattr(one._together, "_ask", partial(counted, one, one._asked))
    return found


def together(*works, of):
    """What each work returned or raised, when all of them have come to each statement `of` and waited there
    for one another.
    """
    for one in of:
        one._together._somebody_asks = True
    race = Race(works)
    race.start()
    for one in of:
        while len(one._together._waiting) < len(works):
            assert any(thread.is_alive() for thread in race.threads), race.outcomes
            race.threads[0].join(POLL)
        one._together._next()
    return race.ended()


@pytest.fixture(autouse=True)
def each_begins_anew(monkeypatch):
    """And waits until the test has all of them together, also on a slow machine."""
    monkeypatch.setattr(module, "WAITS", 60)
    for one in EACH:
        one._together._alone_until, one._together._somebody_asks = 0.0, False
    guessing._open.clear()


def event(key="disk", **other):
    return Event(action=Action.TRIGGER, dedup_key=key, **{"summary": f"{key} is full", **other})


def post(world, key="disk", *, by=KEY, **other):
    return intake.receive(key=by, events=[event(key, **other)], source="tests", now=world.now)


def about(world, key="disk"):
    return keys._asked_about(event(key), RoutingKey.digest_of(KEY), world.now, "tests")


def another(world, name="Search"):
    service = config.create_service(name=name, team=world.team, policy=world.policy, by=TESTS, now=world.now)
    return service, config.ensure_routing_key(service=service, name=name, by=TESTS, now=world.now).key


def lines(incident):
    return list(
        Entry.objects.filter(subject_type="incident", subject_id=incident.pk, verb="alert.repeated")
        .order_by("pk")
        .values_list("what", flat=True)
    )


def test_repeats_are_one_statement_and_each_has_its_line(asked):
    world = World()
    disk, memory = world.alert("disk"), world.alert("memory")
    asked.clear()
    works = [
        partial(post, world, key, labels={"n": str(n)})
        for n, key in enumerate(["disk", "memory", "disk", "disk"])
    ]
    assert together(*works, of=[REPEATED]) == [0, 0, 0, 0]
    assert asked == [(REPEATED, 4)]
    assert dict(Alert.objects.values_list("dedup_key", "event_count")) == {"disk": 4, "memory": 2}
    assert lines(disk) == [f"the alert fired again ({n} times so far)" for n in (2, 3, 4)]
    assert lines(memory) == ["the alert fired again (2 times so far)"]
    assert Alert.objects.get(dedup_key="memory").labels == {"n": "1"}
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == 6


def test_new_ones_are_two_statements_and_each_pages(asked):
    world = World()
    names = [f"disk-{number}" for number in range(6)]
    assert together(*(partial(post, world, name) for name in names), of=[FOUND, OPENED]) == [1] * 6
    assert asked == [(FOUND, 6), (OPENED, 6)]
    found = list(Incident.objects.order_by("pk"))
    assert sorted(incident.title for incident in found) == [f"{name} is full" for name in names]
    assert Alert.objects.filter(incident__in=found).count() == Alert.objects.count() == 6
    for incident in found:
        verbs = Entry.objects.filter(subject_type="incident", subject_id=incident.pk).order_by("pk")
        assert verbs[0].verb == "incident.triggered"
    world.tick()
    assert Page.objects.filter(user=world.ana).count() == 6
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == 6


def test_the_same_new_one_is_one_incident():
    world = World()
    outcomes = together(*[partial(post, world)] * 4, of=[FOUND, OPENED])
    assert sorted(outcomes) == [0, 0, 0, 1]
    assert Incident.objects.count() == 1
    assert Alert.objects.get().event_count == 4
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == 4


def test_keys_of_several_services_and_of_none_are_kept_apart():
    world = World()
    search, key = another(world)
    world.alert()
    post(world, by=key)
    guessing.now_open("0" * 32, "disk")
    outcomes = together(
        partial(post, world), partial(post, world, by="0" * 32), partial(post, world, by=key), of=[REPEATED]
    )
    assert (outcomes[0], outcomes[2]) == (0, 0)
    assert isinstance(outcomes[1], intake.UnknownKey)
    assert list(Alert.objects.values_list("event_count", flat=True)) == [2, 2]
    said = Entry.objects.filter(verb="alert.repeated").values_list("actor_name", flat=True)
    assert sorted(said) == [
        "Search (tests)",
        f"{RoutingKey.objects.exclude(service=search).get().name} (tests)",
    ]
    by_key = dict(KeyMinute.objects.values_list("key__name").order_by().values_list("key__service", "events"))
    assert sum(KeyMinute.objects.values_list("events", flat=True)) == 4
    assert set(by_key) == {world.service.pk, search.pk}


def test_a_key_at_its_limit_is_refused_and_the_others_are_not():
    world = World()
    _, key = another(world)
    world.alert()
    post(world, by=key)
    RoutingKey.objects.filter(key=KEY).update(events_per_minute=1)
    outcomes = together(partial(post, world), partial(post, world, by=key), of=[REPEATED])
    assert isinstance(outcomes[0], intake.OverLimit)
    assert outcomes[1] == 0


def test_one_whose_alert_somebody_holds_holds_up_no_other():
    world = World()
    world.alert("disk"), world.alert("memory")
    with transaction.atomic():
        Alert.objects.select_for_update().get(dedup_key="disk")
        REPEATED._together._somebody_asks = True
        race = Race([partial(post, world, "disk"), partial(post, world, "memory")])
        race.start()
        while len(REPEATED._together._waiting) < 2:
            race.threads[0].join(POLL)
        REPEATED._together._next()
        race.threads[1].join(60)
        assert race.outcomes[1] == 0
        assert race.threads[0].is_alive()
    assert race.ended() == [0, 0]
    assert list(Alert.objects.order_by("dedup_key").values_list("event_count", flat=True)) == [2, 2]


def test_nor_does_one_that_came_first_and_alone(monkeypatch):
    monkeypatch.setattr(module, "WAITS", 0.25)
    world = World()
    world.alert("disk"), world.alert("memory")
    with transaction.atomic():
        Alert.objects.select_for_update().get(dedup_key="disk")
        held = Race([partial(post, world, "disk")])
        held.start()
        while not waiting():
            held.threads[0].join(POLL)
        assert REPEATED._together._somebody_asks
        other = Race([partial(post, world, "memory")])
        other.start()
        other.threads[0].join(60)
        assert other.outcomes == [0]
        assert held.threads[0].is_alive()
    assert held.ended() == [0]
    assert list(Alert.objects.order_by("dedup_key").values_list("event_count", flat=True)) == [2, 2]


def test_whoever_waits_alone_waits_as_long_as_it_takes():
    world = World()
    world.alert()
    with transaction.atomic():
        Alert.objects.select_for_update().get()
        race = Race([partial(post, world)])
        race.start()
        race.threads[0].join(3 * 0.1)
        assert race.threads[0].is_alive()
    assert race.ended() == [0]


def test_the_patience_of_several_ends_with_their_statement():
    world = World()
    world.alert()
    two = [about(world), about(world)]
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        before = cursor.fetchone()
        assert all(row is not None for row, _ in REPEATED._asked(two))
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == before


@pytest.mark.parametrize("one", [REPEATED, FOUND])
def test_what_one_is_told_it_can_read_when_the_connection_of_who_asked_is_closed(one):
    world = World()
    found = one._asked([about(world), about(world)])
    connection.connection.close()
    connection.close()
    statement = keys.KEY_AND_REPEAT if one is REPEATED else keys.KEY_AND_FOUND
    for row, _ in found:
        assert keys.Known(row, 0.0, statement).row.created_at == RoutingKey.objects.get().created_at


def test_what_cannot_be_stored_is_refused_alone():
    world = World()
    outcomes = together(
        partial(post, world, "disk", payload={"text": "\x00"}), partial(post, world, "memory"), of=[FOUND]
    )
    assert isinstance(outcomes[0], DataError)
    assert outcomes[1] == 1
    assert Alert.objects.get().dedup_key == "memory"


def test_a_large_one_holds_up_no_other():
    world = World()
    world.alert()
    REPEATED._together._somebody_asks = True
    post(world, payload={"text": "x" * batched.SMALL})
    assert Alert.objects.get().event_count == 2
    assert REPEATED._together._alone_until == 0.0  # it has not waited in vain


def test_in_a_transaction_it_is_part_of_it():
    world = World()
    REPEATED._together._somebody_asks = FOUND._together._somebody_asks = True
    with transaction.atomic():
        post(world)
        transaction.set_rollback(True)
    assert not Alert.objects.exists()
    assert REPEATED._together._alone_until == FOUND._together._alone_until == 0.0  # nor waited in vain


def test_alerts_are_locked_in_the_order_of_their_keys():
    """Posts that name the same alerts in other orders wait for one another in no circle."""
    world = World()
    names = [f"disk-{number}" for number in range(8)]
    for name in names:
        world.alert(name)

    def many(order):
        for _ in range(20):
            found = REPEATED._asked([about(world, name) for name in order])
            assert all(row[1] for row, _ in found)

    race = Race([partial(many, names), partial(many, names[::-1]), partial(many, names[4:] + names[:4])])
    race.start()
    assert race.ended() == [None] * 3
    assert set(Alert.objects.values_list("event_count", flat=True)) == {61}
    for incident in Incident.objects.all():
        assert [int(what.split("(")[1].split()[0]) for what in lines(incident)] == list(range(2, 62))


def nodes(plan):
    yield plan
    for one in plan.get("Plans", []):
        yield from nodes(one)


@pytest.mark.parametrize("statement", [keys.KEY_AND_REPEAT, keys.KEY_AND_FOUND, at_once.REPEAT])
def test_what_was_planned_while_no_alert_was_open_reads_few_once_thousands_are(statement):
    world = World()
    world.alert()
    (alert,) = Alert.objects.values(*(field.attname for field in Alert._meta.concrete_fields[1:]))
    over = alert | {"status": Alert.Status.RESOLVED, "resolved_at": world.now}
    Alert.objects.all().delete()
    Alert.objects.bulk_create(Alert(**over | {"dedup_key": f"{number}"}) for number in range(2000))
    by_key = {"name", "key", "digest"}
    (key,) = RoutingKey.objects.values(*(field.attname for field in RoutingKey._meta.concrete_fields[1:]))
    RoutingKey.objects.bulk_create(
        RoutingKey(**key | dict.fromkeys(by_key, f"{number:064}"[-32:])) for number in range(50)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Alert._meta.db_table}, {RoutingKey._meta.db_table}")
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute("PREPARE of_none AS " + statement._numbered.decode())
        of = ", ".join(["NULL"] * len(statement._names))
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE of_none ({of})")
        (((plan,),),) = cursor.fetchall()
        cursor.execute("DEALLOCATE of_none; RESET plan_cache_mode")
    read = [node for node in nodes(plan["Plan"]) if node.get("Relation Name") == Alert._meta.db_table]
    assert len([node for node in read if node["Node Type"] != "ModifyTable"]) > 1
    assert all("Index Cond" in node for node in read if node["Node Type"] != "ModifyTable")
