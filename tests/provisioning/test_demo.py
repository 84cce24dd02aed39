from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as site
from django.db.models import Count, Sum

from escalation.models import AlertRule, Incident, RoutingKey
from escalation.rulekeeping.outlook import outlook
from escalation.selectors import timeline
from oncall.models import Override, Swap
from oncall.selectors import conflicts
from paging.models import ContactMethod, Notification, Page
from paging.reaching import readiness
from people.models import User
from watchbill.provisioning import demo
from watchbill.provisioning.apply import apply
from watchbill.provisioning.export import export
from watchbill.reports.models import Delivery, StoredReport
from watchbill.reports.selectors import body_of

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 6, 11, 12, tzinfo=UTC)


def test_the_demo_has_people_and_a_login_for_a_private_machine():
    login = demo.fill(now=NOW)
    assert (login.username, login.password) == ("demo", "demo")
    assert User.objects.filter(is_superuser=False).count() == 6
    user = User.objects.get(username="demo")
    assert user.is_superuser
    assert user.check_password("demo")
    assert RoutingKey.objects.get(key=login.routing_key).service.name == "checkout"


def test_nobody_in_the_demo_is_real():
    demo.fill(now=NOW)
    for method in ContactMethod.objects.all():
        assert method.address.endswith("@demo.example") or method.address.startswith("+1415555")


@pytest.mark.parametrize("name", ["PUBLIC_URL", "HOST"])
def test_where_others_can_reach_it_the_password_is_a_secret(settings, name):
    if name == "HOST":
        settings.ENV = type("Env", (), {"host": "0.0.0.0"})()  # noqa: S104 - what is tested
    else:
        settings.PUBLIC_URL = "https://watchbill.example"
    login = demo.fill(now=NOW)
    assert len(login.password) >= 12
    assert User.objects.get(username="demo").check_password(login.password)
    again = demo.login()
    assert again is not None
    assert again.password == "that was printed at the first start"


def test_a_later_start_finds_the_login_again():
    assert demo.login() is None
    assert demo.fill(now=NOW) == demo.login()
    assert site.ENV.host == "127.0.0.1"


def test_something_happens_tomorrow():
    demo.fill(now=NOW)
    assert Override.objects.get().start == datetime(2025, 6, 12, 16, tzinfo=UTC)


def test_somebody_asks_for_a_swap_and_time_off_falls_on_a_shift():
    demo.fill(now=NOW)
    swap = Swap.objects.get()
    assert (swap.giver.username, swap.start) == ("nia", datetime(2025, 6, 17, 8, tzinfo=UTC))
    found = conflicts([swap.schedule_id], since=NOW, until=NOW + timedelta(days=60))
    assert "primary" in {one.shift.role for one in found}
    assert min(one.span.start for one in found) > swap.end


def test_an_incident_of_yesterday_shows_how_messages_fare():
    demo.fill(now=NOW)
    incident = Incident.objects.get(service__name="checkout", severity="SEV-1")
    assert incident.status == "resolved"
    rows = Notification.objects.filter(page__cause=f"incident:{incident.pk}").order_by("method__kind")
    assert [(row.method.kind, row.state, row.provider) for row in rows] == [
        ("email", "sent", "smtp"),
        ("sms", "undelivered", "twilio"),
        ("voice", "delivered", "twilio"),
    ]
    assert all(row.tries.get().provider_id for row in rows)
    said = [entry.what for entry in timeline(incident.pk)]
    assert any(line.endswith("came back; call at once instead") for line in said)
    assert [entry.at for entry in timeline(incident.pk)] == sorted(
        entry.at for entry in timeline(incident.pk)
    )


def test_a_disk_that_flaps_is_one_incident_with_two_others_and_wakes_nobody():
    demo.fill(now=NOW)
    incident = Incident.objects.exclude(status="resolved").get()
    assert (incident.alert_count, incident.flapping) == (3, "flapping: 3rd time in 24 h")
    assert (incident.severity, incident.parked_reason) == ("SEV-4", "low urgency")
    assert not Page.objects.filter(cause=f"incident:{incident.pk}").exists()


def test_one_is_ready_to_be_paged_and_two_are_not_as_they_think():
    demo.fill(now=NOW)
    people = {user.username: user.pk for user in User.objects.all()}
    found = readiness(list(people.values()), now=NOW)
    lacks = {name: [str(remark.lack) for remark in found[pk]] for name, pk in people.items()}
    assert lacks["maya"] == []
    assert lacks["oscar"] == ["opted_out", "untested"]
    assert lacks["jun"] == ["unverified", "untested"]
    assert lacks["demo"] == ["untested"]


def test_a_trial_shows_what_it_would_have_done_and_pages_nobody():
    demo.fill(now=NOW)
    trial = AlertRule.objects.get(kind="trial")
    found = outlook(trial, now=NOW)
    assert (found.incidents, len(found.pages), found.waiting) == (4, 4, 0)
    assert found.asleep >= 1
    assert not Page.objects.filter(facts__title="Checkout takes longer than 2 s").exists()
    assert AlertRule.objects.get(kind="suppress").ends_at > NOW


def test_what_waits_when_it_is_filled_is_of_now_and_asks_no_provider_that_there_is_not():
    demo.fill(now=NOW)
    waiting = Notification.objects.filter(state="pending")
    assert {(row.due_at, row.provider) for row in waiting} == {(NOW, "")}


def test_the_demo_is_exported_like_any_organisation():
    demo.fill(now=NOW)
    assert apply(export(now=NOW), name="again", now=NOW).changes == ()


def test_the_weeks_behind_it_are_kept_as_reports_and_something_was_done_about_them():
    demo.fill(now=NOW)
    kept = StoredReport.objects.values_list("team__name").annotate(weeks=Count("pk"), pages=Sum("pages"))
    assert {team: weeks for team, weeks, _ in kept} == {"Platform": 8, "Shop": 8}
    assert all(pages > 15 for _, _, pages in kept)
    newest = StoredReport.objects.filter(team__name="Shop").latest("until")
    assert newest.red >= 1
    platform = body_of(StoredReport.objects.filter(team__name="Platform").latest("until"))
    assert [(marker.before > 3 * marker.after) for marker in platform.trend.markers][:1] == [True], (
        "it helped"
    )
    assert not Delivery.objects.exists(), "nobody is mailed of the past"
