"""The demo's three months: each incident as the verbs would have left it, and a first report that is full."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise, zip_longest
from zoneinfo import ZoneInfo

import pytest
from django.db.models import F

from escalation import engine, intake
from escalation.actions import respond
from escalation.actions.labelling import label as put_label
from escalation.core.flapping import is_flapping
from escalation.core.label import Label
from escalation.models import ChangeEvent, Incident, Service
from escalation.selectors import timeline
from escalation.sources.event import Action, Event
from oncall.core.span import Span
from oncall.models import Schedule
from oncall.selectors import final_shifts, on_call
from paging.core.interruptions import Reached, interruptions
from paging.models import Attempt, Notification, Page
from people.ledger.record import Actor
from people.models import User
from watchbill.provisioning import demo, demo_past
from watchbill.provisioning.demo_history import signals
from watchbill.provisioning.demo_history.happening import Happening
from watchbill.provisioning.demo_history.living import Life
from watchbill.provisioning.demo_history.story import deployed_at, story
from watchbill.provisioning.demo_history.world import duties, world
from watchbill.provisioning.demo_history.writing import live_through_three_months, tell
from watchbill.reports.core import facts
from watchbill.reports.core.fairness import people
from watchbill.reports.core.shift_load import ShiftLoad, load_of
from watchbill.reports.core.thresholds import Colour, Thresholds
from watchbill.reports.core.verdict import Verdict, verdict

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AT = datetime(2025, 6, 6, 12, tzinfo=UTC)
PAUSE = 3 * HOUR
BLIP = Happening(at=AT, signal=signals.DISK, over=70 * SECOND, by_source=True)
AGAIN = Happening(at=AT + 30 * MINUTE, signal=signals.DISK, over=170 * SECOND, by_source=True)
LIVED = {
    "gone by itself": [BLIP],
    "again within the hour": [BLIP, AGAIN],
    "a third time": [
        BLIP,
        AGAIN,
        Happening(at=AT + PAUSE, signal=signals.DISK, over=70 * SECOND, by_source=True),
    ],
    "answered, and over by its source": [
        Happening(
            at=AT,
            signal=signals.PAYMENTS,
            answered=40 * SECOND,
            notes=[(5 * MINUTE, "Found it.")],
            over=9 * MINUTE,
            by_source=True,
            label=Label.ACTED,
            labelled=20 * MINUTE,
            began=AT - 2 * MINUTE,
        )
    ],
    "missed, and answered by the next": [
        Happening(
            at=AT,
            signal=signals.REPLICA,
            answered=150 * SECOND,
            over=12 * MINUTE,
            by_source=False,
            door="link",
            label=Label.NOISE,
            labelled=12 * MINUTE,
        )
    ],
    "missed, where two are next": [
        Happening(
            at=AT, signal=signals.ERRORS, answered=130 * SECOND, over=12 * MINUTE, by_source=False
        )
    ],
    "so bad that the manager hears of it": [
        Happening(
            at=AT,
            signal=signals.DATABASE,
            answered=20 * SECOND,
            over=52 * MINUTE,
            notes=[(20 * MINUTE, "Looking."), (40 * MINUTE, "Nearly.")],
            by_source=False,
        )
    ],
    "of low urgency": [
        Happening(
            at=AT, signal=signals.CERTIFICATE, answered=2 * HOUR, over=3 * HOUR, by_source=False,
            label=Label.ACTED, labelled=3 * HOUR,
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", LIVED)
def test_what_is_told_leaves_the_rows_that_living_through_it_leaves(name):
    demo._organise(NOW)
    lived = [_live(one) for one in LIVED[name]]
    told = tell(LIVED[name], now=NOW)
    for one, other in zip(told, lived, strict=True):
        for line, as_lived in zip_longest(_shape(one), _shape(other)):
            assert line == as_lived


def test_nobody_is_paged_by_it():
    demo._organise(NOW)
    before = set(Notification.objects.values_list("pk", flat=True))
    live_through_three_months(NOW)
    left = Notification.objects.exclude(pk__in=before)
    assert set(left.values_list("state", flat=True)) == {"sent", "delivered", "suppressed"}
    assert not Incident.objects.exclude(status="resolved", wake_at=None, resolve_at=None).exists()
    assert engine.run_due(clock=lambda: NOW) == 0
    assert not left.filter(sent_at__gt=NOW - DAY).exists()


def test_everything_has_its_order():
    demo._organise(NOW)
    live_through_three_months(NOW)
    assert not Incident.objects.filter(acknowledged_at__lt=F("triggered_at")).exists()
    assert not Incident.objects.filter(labelled_at__lt=F("resolved_at")).exists()
    at = list(Incident.objects.order_by("pk").values_list("triggered_at", flat=True))
    assert at == sorted(at)
    for incident in Incident.objects.all()[:40]:
        moments = [entry.at for entry in timeline(incident.pk)]
        assert moments == sorted(moments)


def test_a_page_went_to_who_was_on_call():
    demo._organise(NOW)
    live_through_three_months(NOW)
    shop = Schedule.objects.get(name="Shop")
    first = Page.objects.filter(run="1.0.1", facts__because="Shop primary, step 1")
    assert first.count() > 40
    for page in first:
        assert on_call([shop.pk], at=page.created_at)[shop.pk, "primary"] == (page.user_id,)


def test_no_phone_had_more_than_its_limit():
    demo._organise(NOW)
    live_through_three_months(NOW)
    for kind, at_least in (("sms", 59 * SECOND), ("voice", 59 * SECOND)):
        sent = Attempt.objects.filter(notification__method__kind=kind).order_by("notification__method", "at")
        for one, other in pairwise(sent.values_list("notification__method", "at")):
            assert one[0] != other[0] or other[1] - one[1] > at_least


def test_the_three_months_are_believable():
    demo._organise(NOW)
    live_through_three_months(NOW)
    rows = list(Incident.objects.all())
    high = [one for one in rows if one.urgency == "high"]
    assert 150 <= len(high) <= 400
    severities = Counter(one.severity for one in rows)
    assert 1 <= severities["SEV-1"] <= 4 < severities["SEV-4"] < severities["SEV-3"]
    labels = Counter(one.label for one in rows)
    assert set(labels) == {"", *Label}
    assert 0.6 < 1 - labels[""] / len(rows) < 0.95
    assert any(one.recurred for one in rows)
    assert any(is_flapping(one.episodes) for one in rows)
    assert 5 <= Page.objects.filter(run="1.0.2").values("cause").distinct().count() <= 0.25 * len(high)
    assert 10 < Incident.objects.filter(alerts__began_at__lt=F("triggered_at")).count() < len(rows) / 2
    quick = [one for one in high if one.acknowledged_at is None and one.resolved_at is not None]
    assert 0.2 < len(quick) / len(high) < 0.6
    assert all(one.resolved_at - one.triggered_at <= 5 * MINUTE for one in quick if one.resolved_at)
    own = [one.acknowledged_at - one.triggered_at for one in high if one.acknowledged_at]
    assert min(own) < 15 * SECOND
    assert max(own) > 2 * MINUTE


def test_a_deploy_ends_what_was_noisy():
    demo._organise(NOW)
    live_through_three_months(NOW)
    deploy = ChangeEvent.objects.get(summary=signals.DEPLOY).at
    restarts = Incident.objects.filter(title=signals.RESTARTS.summary)
    assert restarts.filter(triggered_at__gt=deploy - 21 * DAY).count() >= 15
    assert not restarts.filter(triggered_at__gt=deploy).exists()
    assert NOW - 22 * DAY < deploy < NOW - 20 * DAY


MOMENTS = [
    NOW,
    datetime(2025, 6, 9, 7, 30, tzinfo=UTC),  # a Monday, half an hour before the handoff
    datetime(2025, 6, 9, 9, tzinfo=UTC),  # and an hour after it
    datetime(2025, 6, 15, 3, tzinfo=UTC),
    datetime(2025, 6, 25, 18, tzinfo=UTC),
    datetime(2026, 4, 2, 12, tzinfo=UTC),  # just after the clocks changed
    datetime(2026, 11, 3, 23, tzinfo=UTC),
    datetime(2026, 11, 28, 16, tzinfo=UTC),
    datetime(2027, 1, 1, 0, tzinfo=UTC),
]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_the_last_week_has_a_red_an_amber_and_a_green_shift_and_somebody_is_woken_unfairly(now):
    demo._organise(now)
    told = story(duties(now), now=now)
    assert told == story(duties(now), now=now)
    lives = _lives(told, now)
    shop, platform = (_loads(lives, team, now) for team in ("Shop", "Platform"))
    ended = [one for one in [*shop, *platform] if now - 7 * DAY <= one.carried.span.end < now]
    ended = [one for one in ended if one.carried.role == "primary"]
    found = [(one, _verdict(one)) for one in ended]
    (red,) = (said for one, said in found if one in shop)
    assert red.colour is Colour.RED
    assert re.search(r"[345] interruptions in sleep hours within 7 nights", red.sentence())
    assert re.search(r"7\d % of pages from DiskFillingUp{cluster=eu1}", red.sentence())
    assert Colour.AMBER in {said.colour for _, said in found}
    assert any(one.pages == 1 and said.colour is Colour.GREEN for one, said in found)
    assert Colour.RED not in {said.colour for one, said in found if one in platform}
    for days in (21, 90):
        lately = [one for one in shop if one.carried.span.end > now - days * DAY]
        most = people(lately, within=Span(now - days * DAY, now))[0]
        assert most.over_fair is not None
        assert most.over_fair > 2, days


def test_before_the_deploy_the_shifts_of_the_platform_were_worse_than_after_it():
    demo._organise(NOW)
    loads = _loads(_lives(story(duties(NOW), now=NOW), NOW), "Platform", NOW)
    deployed = deployed_at(NOW)
    before = [one.pages for one in loads if deployed - 21 * DAY < one.carried.span.start < deployed]
    after = [one.pages for one in loads if deployed < one.carried.span.start]
    assert sum(before) > 2 * sum(after) > 0


def _verdict(load: ShiftLoad) -> Verdict:
    return verdict(load, Thresholds(), budget=2)


def _lives(told, now) -> list[Life]:
    around = world(now)
    return [Life(one, around) for one in told]


def _loads(lives, team, now) -> list[ShiftLoad]:
    """The shifts of a team with what reached them, without a row being written."""
    users = User.objects.in_bulk()
    incidents, pages = {}, []
    for number, life in enumerate(lives):
        row = life.row
        misses = len({one.page.run for one in life.asked if one.page.run.startswith("1.")}) - 1
        incidents[number] = facts.Incident(
            id=number, service=row.service.name, key=life.alert.dedup_key, title=row.title,
            severity=row.severity, triggered=row.triggered_at, acknowledged=row.acknowledged_at,
            resolved=row.resolved_at, by_source=row.resolved_by is None, timeouts=max(misses, 0),
            recurred=row.recurred, flapping=bool(row.flapping), label=Label(row.label) if row.label else None,
        )  # fmt: skip
        if row.service.team.name == team:
            pages += [
                facts.Page(
                    id=len(pages) + n, incident=number, user=one.page.user_id, at=one.messages[0].sent_at
                )
                for n, one in enumerate(life.asked)
                if one.page.urgency == "high"
            ]
    loads = []
    for role in ("primary", "secondary"):
        schedule = Schedule.objects.get(name=team)
        for shift in final_shifts(schedule, since=now - 90 * DAY, until=now, role=role):
            user, span = users[shift.user], Span(shift.start, shift.end)
            mine = [one for one in pages if one.user == user.pk and span.start <= one.at < span.end]
            found = interruptions(Reached(one.at, one.id, str(one.incident)) for one in mine)
            loads.append(
                load_of(
                    facts.Carried(
                        schedule=team, role=role, user=user.pk, span=span, zone=ZoneInfo(user.time_zone)
                    ),
                    pages=mine,
                    incidents=incidents,
                    interruptions=[one.first for one in found],
                )
            )
    return loads


def _live(one: Happening) -> Incident:
    """By the verbs, moment by moment."""
    _fire(one, Action.TRIGGER, one.at)
    incident = Incident.objects.latest("pk")
    if one.answered is not None:
        at = one.at + one.answered
        _go_on(until=at)
        pages = Page.objects.filter(cause=f"incident:{incident.pk}").exclude(urgency="info").order_by("pk")
        last = pages.last()
        by = last.user if last else _first(incident, at)
        actor = Actor.person(by, via=one.door)
        respond.acknowledge(incident_id=incident.pk, by=actor, now=at)
        for after, text in one.notes:
            _go_on(until=one.at + after)
            respond.note(incident_id=incident.pk, text=text, by=actor, now=one.at + after)
    _go_on(until=one.end)
    if one.by_source:
        _fire(one, Action.RESOLVE, one.end)
    else:
        respond.resolve(incident_id=incident.pk, by=actor, now=one.end)
    _go_on(until=one.end + 10 * MINUTE)
    if one.label:
        put_label(incident_id=incident.pk, label=one.label, by=actor, now=one.at + one.labelled)
    return incident


def _first(incident: Incident, at: datetime) -> User:
    schedule = Schedule.objects.get(name="Platform")
    (user,) = on_call([schedule.pk], at=at)[schedule.pk, "primary"]
    return User.objects.get(pk=user)


def _fire(one: Happening, action: Action, at: datetime) -> None:
    signal = one.signal
    event = Event(
        action=action, dedup_key=signal.key, summary=signal.summary, severity=signal.severity,
        source="prometheus", labels=signal.labels, began_at=one.began,
    )  # fmt: skip
    key = Service.objects.get(name=signal.service).routing_keys.get(name="prometheus")
    intake.receive(key=key.key, events=[event], source="alertmanager", now=at)


def _go_on(*, until: datetime) -> None:
    """Engine and dispatch at each moment at which one of them has something to do."""
    while True:
        wakes = Incident.objects.exclude(wake_at=None).values_list("wake_at", flat=True)
        dues = Notification.objects.filter(state="pending").exclude(page__cause__startswith="handoff")
        due = min([*wakes, *dues.values_list("due_at", flat=True)], default=until)
        if due >= until:
            return
        engine.run_due(clock=lambda at=due: at)
        demo_past._leave(due)
        for one in Notification.objects.filter(state="sent", method__kind__in=["sms", "voice"]):
            demo_past._arrive(one.message_id, at=due + 4 * SECOND)


NUMBERS = re.compile(r"#\d+|/p/\d+\.[^\s']*|/incidents/\d+|number \d+")


def _shape(incident: Incident) -> list[str]:
    """All that stands about it in every table, a row a line, but for numbers and for the very moments."""
    incident.refresh_from_db()
    found = [_row(incident), *(_row(one) for one in incident.alerts.all())]
    for page in Page.objects.filter(cause=f"incident:{incident.pk}").order_by("created_at", "user", "pk"):
        found.append(_row(page))
        for message in page.notifications.order_by("due_at", "pk"):
            found += [_row(message), *(_row(attempt) for attempt in message.tries.all())]
    return found + sorted(
        f"{one.verb} {one.actor_name} {one.actor}: {_bare(one.what)} ({_bare(one.why)}) {sorted(one.data)}"
        for one in timeline(incident.pk)
    )


LOOSE = {
    "id", "incident", "page", "notification", "cause", "claim", "lease_until", "message_id", "sent_at",
    "admitted_at", "provider_id", "took_ms", "at",
}  # fmt: skip


def _row(row) -> str:
    """Of LOOSE, whether it is filled."""
    found = {one.name: getattr(row, one.attname) for one in row._meta.concrete_fields}
    if "body" in found:
        found["body"] = sorted(found["body"].splitlines())  # PostgreSQL has an order of its own for labels
    for name in LOOSE & found.keys():
        found[name] = found[name] not in (None, "")
    return f"{type(row).__name__} {_bare(str(sorted(found.items())))}"


def _bare(text: str) -> str:
    return NUMBERS.sub("N", text)
