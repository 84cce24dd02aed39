"""Policies and services in the admin, and the record of every message."""

from dataclasses import replace
from datetime import timedelta

import pytest

from escalation.models import EscalationPolicy, Service
from people.actions import deactivate_user
from people.ledger.models import Entry
from tests.admin.filled import filled
from tests.world import KEY, TESTS
from watchbill.mail_intake import MailIntake

POLICY = "/admin/escalation/escalationpolicy/"
SERVICE = "/admin/escalation/service/"


def text(answer):
    return answer.content.decode()


def step(number, pages, duration, when="then", place=""):
    prefix = f"steps-{number}-"
    return {
        f"{prefix}pages": pages,
        f"{prefix}duration": duration,
        f"{prefix}when": when,
        f"{prefix}place": place,
    }


def steps_of(name):
    rows = EscalationPolicy.objects.get(name=name).steps.order_by("position")
    return [(row.timeout, row.after, [str(target) for target in row.targets.order_by("pk")]) for row in rows]


def test_a_policy_is_made_of_rows_that_say_whom_and_how_long(mia, world):
    rows = step(0, [f"schedule:{world.schedule.pk}:primary", f"user:{world.bo.pk}:"], "10m")
    rows |= step(1, [f"team:{world.team.pk}:manager"], "1h", when="after")
    data = filled(mia.get(f"{POLICY}add/"), name="Night", repeat="1", **rows, **{"steps-TOTAL_FORMS": "2"})
    assert mia.post(f"{POLICY}add/", data).status_code == 302
    assert steps_of("Night") == [
        (timedelta(minutes=10), None, ["Payments primary", "Bo Lind"]),
        (None, timedelta(hours=1), ["Payments manager"]),
    ]


def test_a_step_may_ask_one_of_a_team_in_turn_and_is_saved_again_as_it_stands(mia, world):
    rows = step(0, [f"turn:{world.team.pk}:responder"], "10m")
    page = mia.get(f"{POLICY}add/")
    assert "Payments responders in turn" in text(page)
    data = filled(page, name="Night", repeat="0", **rows, **{"steps-TOTAL_FORMS": "1"})
    assert mia.post(f"{POLICY}add/", data).status_code == 302
    assert steps_of("Night") == [(timedelta(minutes=10), None, ["Payments responder in turn"])]
    address = f"{POLICY}{EscalationPolicy.objects.get(name='Night').pk}/change/"
    before = Entry.objects.count()
    assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert Entry.objects.count() == before
    assert steps_of("Night") == [(timedelta(minutes=10), None, ["Payments responder in turn"])]


def test_steps_are_put_in_another_order(mia, world):
    address = f"{POLICY}{world.policy.pk}/change/"
    data = filled(mia.get(address), **{"steps-0-place": "3", "steps-1-place": "1", "steps-2-place": "2"})
    assert mia.post(address, data).status_code == 302
    assert [targets for _, _, targets in steps_of("Payments")] == [
        ["Payments secondary"], ["Mia Falk"], ["Payments primary"],
    ]  # fmt: skip
    assert Entry.objects.latest("pk").what == "changed steps of escalation policy Payments"


def test_saving_what_stands_there_writes_nothing(mia, world):
    before = Entry.objects.count()
    for address in (f"{POLICY}{world.policy.pk}/change/", f"{SERVICE}{world.service.pk}/change/"):
        assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"steps-0-duration": "soon"}, "is not a length of time"),
        ({"steps-0-duration": "0m"}, "waits no time at all"),
        ({"steps-0-pages": ["user:999999:"]}, "Select a valid choice"),
        ({f"steps-{number}-DELETE": "on" for number in range(3)}, "from 1 to 50 steps"),
    ],
    ids=["no duration", "no time", "nobody", "no steps"],
)
def test_a_policy_that_would_page_nobody_is_refused_and_kept_as_it_was(mia, world, row, said):
    address = f"{POLICY}{world.policy.pk}/change/"
    before = steps_of("Payments")
    answer = mia.post(address, filled(mia.get(address), **row))
    assert answer.status_code == 200
    assert said in text(answer)
    assert steps_of("Payments") == before


def test_a_policy_in_use_is_not_retired(mia, world):
    answer = mia.post(f"{POLICY}{world.policy.pk}/act/retire/", follow=True)
    assert "is used by service “payments-api”" in text(answer)
    world.policy.refresh_from_db()
    assert world.policy.retired_at is None


def test_a_service_says_what_is_urgent_when(mia, world):
    address = f"{SERVICE}{world.service.pk}/change/"
    data = filled(
        mia.get(address),
        sev_3="low",
        hours="mon-fri 09:00-18:00",
        hours_zone="Europe/Berlin",
        acknowledgement_timeout="45m",
        books="https://wiki.example/disk alertname=Disk Full, cluster=eu1",
    )
    assert mia.post(address, data).status_code == 302
    service = Service.objects.get(pk=world.service.pk)
    assert service.urgency == {"SEV-1": "high", "SEV-2": "high", "SEV-3": "low", "SEV-4": "low"}
    assert service.support_hours == {
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "start": "09:00",
        "end": "18:00",
        "time_zone": "Europe/Berlin",
    }
    assert service.acknowledgement_timeout == timedelta(minutes=45)
    assert service.runbooks == [
        {"match": {"alertname": "Disk Full", "cluster": "eu1"}, "url": "https://wiki.example/disk"}
    ]
    page = text(mia.get(address))
    assert "mon-fri 09:00-18:00" in page
    assert "https://wiki.example/disk alertname=Disk Full, cluster=eu1" in page


@pytest.mark.parametrize(
    ("field", "written", "said"),
    [
        ("hours", "whenever", "is not a window of the week"),
        ("hours", "fri 18:00 - mon 09:00", "one window on some days"),
        ("books", "javascript:alert(1)", "is not an address"),
        ("books", "https://wiki.example Disk", "is not a label"),
        ("acknowledgement_timeout", "0m", "longer than nothing"),
    ],
)
def test_a_mistake_in_a_service_is_said_and_nothing_is_written(mia, world, field, written, said):
    address = f"{SERVICE}{world.service.pk}/change/"
    before = Entry.objects.count()
    answer = mia.post(address, filled(mia.get(address), **{field: written}))
    assert answer.status_code == 200
    assert said in text(answer)
    assert Entry.objects.count() == before


def test_a_routing_key_is_a_mail_address_where_mail_is_taken(mia, world, settings):
    address = f"{SERVICE}{world.service.pk}/change/"
    assert f"{KEY}@" not in text(mia.get(address))
    settings.MAIL_INTAKE = MailIntake(domain="alerts.example", host="127.0.0.1", port=2525)
    assert f"{KEY}@alerts.example" in text(mia.get(address))
    settings.MAIL_REPLIES = {**settings.MAIL_REPLIES, "at": "pager@acme.example"}
    assert f"pager+{KEY}@acme.example" in text(mia.get(address))
    assert f"{KEY}@alerts.example" not in text(mia.get(address))
    settings.MAIL_INTAKE = replace(settings.MAIL_INTAKE, is_chosen=True)
    assert f"{KEY}@alerts.example" in text(mia.get(address))


def test_a_routing_key_is_made_with_its_address_and_revoked(mia, world):
    address = f"{SERVICE}{world.service.pk}/change/"
    new = {"routing_keys-TOTAL_FORMS": "2", "routing_keys-1-name": "grafana"}
    mia.post(address, filled(mia.get(address), **new))
    key = world.service.routing_keys.get(name="grafana")
    assert f"/integrations/alertmanager/{key.key}" in text(mia.get(address))
    assert key.key not in str(list(Entry.objects.values_list("what", "data")))
    mia.post(address, filled(mia.get(address), **{"routing_keys-1-revoke": "on"}))
    key.refresh_from_db()
    assert key.revoked_at == world.now


def test_a_signing_secret_is_entered_shown_no_more_and_taken_away(mia, world):
    address = f"{SERVICE}{world.service.pk}/change/"
    secret = "correct-horse-battery"
    mia.post(address, filled(mia.get(address), **{"routing_keys-0-signed_with": secret}))
    world.key.refresh_from_db()
    assert world.key.signing_secret == secret
    page = mia.get(address).content.decode()
    assert secret not in page
    assert "set, ends in ry" in page
    assert secret not in str(list(Entry.objects.values_list("what", "why", "data")))
    mia.post(address, filled(mia.get(address)))
    world.key.refresh_from_db()
    assert world.key.signing_secret == secret
    mia.post(address, filled(mia.get(address), **{"routing_keys-0-signed_with": "none"}))
    world.key.refresh_from_db()
    assert world.key.signing_secret == ""


def test_a_signing_secret_that_cannot_be_one_is_said_and_not_kept(mia, world):
    address = f"{SERVICE}{world.service.pk}/change/"
    answer = mia.post(address, filled(mia.get(address), **{"routing_keys-0-signed_with": "short"}))
    assert "8 to 200 letters" in text(answer)
    world.key.refresh_from_db()
    assert world.key.signing_secret == ""


def test_the_outbox_has_every_message_with_its_words(mia, world):
    world.alert()
    world.tick()
    assert "disk is full" in text(mia.get("/admin/paging/attempt/"))
    page = text(mia.get("/admin/paging/notification/"))
    assert "ana@example.com" in page
    assert "the provider took it" in page


def test_the_ledger_is_searched_by_who_and_what(mia, world):
    mia.post(f"/admin/people/user/{world.ana.pk}/act/deactivate/")
    found = text(mia.get("/admin/ledger/entry/?q=Mia+deactivated"))
    assert "deactivated ana" in found
    assert "created bo" not in found


def test_a_step_asks_for_severities_and_hours_and_a_policy_for_answers(mia, world):
    address = f"{POLICY}{world.policy.pk}/change/"
    asked = {"steps-1-severities": ["SEV-2", "SEV-1"], "steps-1-hours": "outside", "acknowledgements": "2"}
    assert mia.post(address, filled(mia.get(address), **asked)).status_code == 302
    world.policy.refresh_from_db()
    assert world.policy.acknowledgements == 2
    row = world.policy.steps.get(position=2)
    assert (row.severities, row.hours) == (["SEV-1", "SEV-2"], "outside")
    before = Entry.objects.count()
    assert mia.post(address, filled(mia.get(address))).status_code == 302
    assert Entry.objects.count() == before


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"repeat": "-1"}, "greater than or equal to 0"),
        ({"repeat": "30000"}, "runs again 0 to 100 times"),
        ({"acknowledgements": "0"}, "From 1 to 20 people"),
        ({"steps-0-duration": "8d"}, "longer than 7 days"),
        ({f"steps-{number}-when": "after" for number in range(3)}, "stands outside the sequence"),
        ({"steps-0-severities": ["SEV-9"]}, "Select a valid choice"),
        ({"steps-0-hours": "night"}, "Select a valid choice"),
    ],
    ids=["repeat", "for ever", "no answers", "a week", "outside", "severity", "hours"],
)
def test_a_policy_that_makes_no_sense_is_refused_on_its_form(mia, world, given, said):
    address = f"{POLICY}{world.policy.pk}/change/"
    before = Entry.objects.count()
    answer = mia.post(address, filled(mia.get(address), **given))
    assert answer.status_code == 200
    assert said in text(answer)
    assert Entry.objects.count() == before


def test_a_policy_that_names_somebody_who_has_left_is_refused_on_its_form(mia, world):
    deactivate_user(user=world.ana, by=TESTS, now=world.now)
    address = f"{POLICY}{world.policy.pk}/change/"
    answer = mia.post(address, filled(mia.get(address), **{"steps-0-pages": [f"user:{world.ana.pk}:"]}))
    assert "Select a valid choice" in text(answer)
