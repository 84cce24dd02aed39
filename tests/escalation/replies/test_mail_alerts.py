"""The provider that takes answers by mail takes alerts as well: the address tells them apart."""

import json
from email.message import EmailMessage

import pytest

from escalation import intake
from escalation.models import Alert, Incident
from paging.models import Inbound
from tests.fakes.mail_provider import SECRET, SHAPES, FakeMailProvider
from tests.world import KEY


@pytest.fixture
def provider(settings):
    made = FakeMailProvider()
    settings.MAIL_REPLIES = made.settings
    return made


def mail_to(address, subject="PROBLEM: disk full", **headers):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Nagios <nagios@mon1.example>", address, subject
    mail["Message-ID"] = f"<{subject.replace(' ', '-')}@mon1.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("db1 is at 99 %")
    return mail


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_a_mail_to_a_routing_key_is_an_alert_at_every_provider(world, settings, name):
    provider = FakeMailProvider(name)
    settings.MAIL_REPLIES = provider.settings
    mail = mail_to(f"{KEY}@reply.acme.example", X_Watchbill_Severity="P1")
    assert provider.post(mail).status_code == 200
    alert = Alert.objects.get()
    assert (alert.summary, alert.severity, alert.dedup_key) == (
        "PROBLEM: disk full",
        "SEV-1",
        "email:disk full",
    )
    assert alert.payload["mail_text"] == "db1 is at 99 %"
    assert provider.post(mail).status_code == 200  # the provider heard no answer
    assert Alert.objects.get().event_count == 1
    assert provider.post(mail_to(f"{KEY}@reply.acme.example", "RESOLVED: disk full")).status_code == 200
    assert Incident.objects.get().status == "resolved"
    assert not Inbound.objects.exists()


def test_a_mailbox_with_plus_addresses_takes_alerts_behind_the_plus(world, settings):
    provider = FakeMailProvider(at="pager@acme.example")
    settings.MAIL_REPLIES = provider.settings
    provider.post(mail_to(f"pager+{KEY}@acme.example"))
    provider.post(mail_to(f"pager+{KEY}+ack@acme.example", "disk full"))
    assert Incident.objects.get().status == "acknowledged"


def test_what_is_to_no_key_is_an_answer_of_a_stranger_as_before(world, provider):
    assert provider.post(mail_to(f"{'f' * 32}@reply.acme.example")).status_code == 200
    assert not Alert.objects.exists()
    assert Inbound.objects.count() == 1


def test_an_answer_stays_one_though_a_key_stands_beside_its_address(world, mailbox, provider):
    incident = world.alert()
    world.send()
    page = mailbox.expect_mail(to="ana@example.com", containing="disk is full")
    provider.reply(page, "ack", headers={"Cc": f"{KEY}@reply.acme.example"})
    incident.refresh_from_db()
    assert incident.status == "acknowledged"
    assert Alert.objects.count() == 1
    world.send()
    mailbox.expect_mail(to="ana@example.com", subject="Acknowledged")


def test_over_its_limit_the_provider_is_told_to_come_again(world, provider, monkeypatch):
    def over(**_):
        raise intake.OverLimit(world.key.pk, limit=5, retry_after=7)

    monkeypatch.setattr("escalation.intake.mail.receive", over)
    answer = provider.post(mail_to(f"{KEY}@reply.acme.example"))
    assert (answer.status_code, answer["Retry-After"]) == (503, "7")


def test_a_mail_to_thousands_is_not_asked_of_the_database_for_each(
    world, provider, django_assert_max_num_queries
):
    mail = mail_to("somebody@reply.acme.example")
    for number in range(2000):
        mail["Delivered-To"] = f"A{number}+B{number}@reply.acme.example"
    with django_assert_max_num_queries(500):
        assert provider.post(mail).status_code == 200


def test_a_key_over_its_limit_keeps_no_other_mail_of_the_post_waiting(world, settings, monkeypatch):
    provider = FakeMailProvider("sparkpost")
    settings.MAIL_REPLIES = provider.settings
    posts = [
        SHAPES["sparkpost"](
            mail_to(f"{KEY}@reply.acme.example", subject),
            "nagios@mon1.example",
            f"{KEY}@reply.acme.example",
            SECRET,
        )
        for subject in ("PROBLEM: noise", "PROBLEM: disk full")
    ]

    def noise_is_too_much(*, events, **said):
        if "noise" in events[0].summary:
            raise intake.OverLimit(world.key.pk, limit=5, retry_after=7)
        return intake.receive(events=events, **said)

    monkeypatch.setattr("escalation.intake.mail.receive", noise_is_too_much)
    both = json.dumps([one for post in posts for one in json.loads(post["data"])])
    answer = provider.post_as_it_is(**{**posts[0], "data": both})
    assert (answer.status_code, answer["Retry-After"]) == (503, "7")
    assert Alert.objects.filter(dedup_key="email:disk full").exists()
