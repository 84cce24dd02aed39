"""What a rule that is not saved yet would have made of the alerts of the last days."""

from datetime import timedelta

from escalation.core.routing import Route
from escalation.models import Service
from escalation.selectors import tryout
from escalation.selectors.routing import routes_of
from escalation.selectors.tryout import try_routing, try_suppressing
from tests.escalation.routing.conftest import DB_KEY, DISK

CPU = {"alertname": "CpuHot"}
ALL = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")


def disk(world, **fields):
    return Route(id=0, number=0, match={"alertname": "Disk*"}, **fields)


def tried(world, route, *, to=None):
    service = Service.objects.get(pk=world.service.pk)
    return try_routing(service=service, route=route, to=to, earlier=routes_of(service), now=world.now)


def test_it_says_how_many_of_yesterday_s_and_of_the_week_s_it_would_have_matched(world):
    for n in range(3):
        world.fires(f"old{n}")
    world.now += timedelta(days=2)
    for n in range(2):
        world.fires(f"new{n}")
        world.fires(f"cpu{n}", labels=CPU)
    world.fires("theirs", key=DB_KEY)
    found = tried(world, disk(world, to=world.database.pk), to=world.database)
    assert found.said == (
        "It would have matched 2 of the 4 alerts of the last 24 hours, 5 of the 7 in seven days."
    )
    assert [one.alert.summary for one in found.first][:2] == ["new1 is full", "new0 is full"]
    assert str(found.first[0].was) == "payments-api, SEV-2, high urgency"
    assert str(found.first[0].would) == "shop-db, SEV-2, high urgency"


def test_the_destination_grades_it_and_the_rule_wins_over_that(world):
    Service.objects.filter(pk=world.database.pk).update(severity_rules=[{"match": DISK, "severity": "SEV-4"}])
    world.database.refresh_from_db()
    world.fires()
    to = world.database
    assert str(tried(world, disk(world, to=to.pk), to=to).first[0].would) == "shop-db, SEV-4, low urgency"
    urgent = disk(world, to=to.pk, urgency="high")
    assert str(tried(world, urgent, to=to).first[0].would) == "shop-db, SEV-4, high urgency"
    assert str(tried(world, disk(world, severity="SEV-1")).first[0].would).startswith("payments-api, SEV-1")


def test_what_an_earlier_rule_has_is_said(world):
    world.route({"cluster": "eu1"}, to=world.database)
    world.fires()
    world.fires("other", labels={"alertname": "DiskSlow"})
    found = tried(world, disk(world, severity="SEV-1"))
    assert found.said.endswith("2 of the 2 in seven days; an earlier rule has 1 of them.")
    assert [one.note for one in found.first] == ["", "an earlier rule has it"]


def test_only_the_newest_are_counted_and_that_is_said(world, monkeypatch):
    monkeypatch.setattr(tryout, "MOST", 2)
    for n in range(3):
        world.fires(f"disk{n}")
    found = tried(world, disk(world, severity="SEV-1"))
    assert (found.capped, found.week.all, found.first[0].alert.summary) == (True, 2, "disk2 is full")


def test_as_many_queries_for_many_alerts_as_for_one(world, django_assert_num_queries):
    for n in range(30):
        world.fires(f"disk{n}")
    service = Service.objects.get(pk=world.service.pk)
    with django_assert_num_queries(1):
        found = try_routing(
            service=service, route=disk(world, severity="SEV-1"), to=None, earlier=[], now=world.now
        )
        assert [str(one.was) for one in found.first]
    with django_assert_num_queries(2):
        try_suppressing(service=service, match={"alertname": "Disk*"}, severities=ALL, now=world.now)


def test_a_suppress_rule_s_says_how_many_pages_nobody_would_have_got(world):
    world.fires("disk")
    world.fires("cpu", labels=CPU)
    world.wait(minutes=6)  # the secondary, too
    found = try_suppressing(
        service=world.service, match={"alertname": "Disk*"}, severities=ALL, now=world.now
    )
    assert "1 of the 2 in seven days; it would have saved 2 pages, 2 in the last 24 hours." in found.said
    assert [one.note for one in found.first] == ["would have paged nobody: 2 pages less"]
    none = try_suppressing(
        service=world.service, match={"alertname": "Disk*"}, severities=["SEV-3"], now=world.now
    )
    assert none.week.matched == 0


def test_a_suppress_rule_saves_no_page_of_an_incident_that_has_another_alert(world):
    Service.objects.filter(pk=world.service.pk).update(group_window=timedelta(minutes=10))
    world.fires("disk")
    world.fires("cpu", labels=CPU)
    world.tick()
    found = try_suppressing(
        service=world.service, match={"alertname": "Disk*"}, severities=ALL, now=world.now
    )
    assert (found.week.matched, found.week.pages) == (1, 0)
    assert found.first[0].note == "pages all the same: its incident has other alerts"


def test_a_suppress_rule_is_of_the_service_where_alerts_lie(world):
    world.route(to=world.database)
    world.fires()
    asked = {"match": {"alertname": "Disk*"}, "severities": ALL, "now": world.now}
    assert try_suppressing(service=world.database, **asked).week.matched == 1
    assert try_suppressing(service=world.service, **asked).week.matched == 0
