"""A mail to a routing key is an alert, as soon as its server hears 250."""

import os
import re
import shutil
import smtplib
import socket
import subprocess

import pytest
from django.db import OperationalError

from escalation import intake
from escalation.actions import config
from escalation.models import Alert, Incident
from tests.escalation.mail.conftest import FROM, TO, written
from tests.world import KEY, TESTS


def stand():
    """Of each alert: status, how many events."""
    return [(one.status, one.event_count) for one in Alert.objects.order_by("pk")]


def test_a_mail_pages_whoever_is_on_call(world, send):
    assert send(written("CRITICAL: disk full on db1", List_Id="<cron.mon1.example>")) == (250, "2.0.0 Taken")
    alert = Alert.objects.get()
    assert (alert.summary, alert.severity) == ("CRITICAL: disk full on db1", "SEV-1")
    assert (alert.source, alert.dedup_key) == (FROM, "email:disk full on db1")
    assert alert.labels == {"from": FROM, "list-id": "<cron.mon1.example>"}
    assert alert.payload["mail_text"] == "it is at 99 %"
    world.tick()
    assert {user for _, user, _ in world.sent()} == {"ana"}


def test_trigger_repeat_acknowledge_resolve(world, send):
    send(written("PROBLEM: disk full on db1"))
    send(written("PROBLEM: disk full on db1"))
    assert stand() == [("open", 2)]
    send(written("ACK: disk full on db1"))
    assert Incident.objects.get().status == "acknowledged"
    send(written("RESOLVED: disk full on db1"))
    assert Incident.objects.get().status == "resolved"
    send(written("PROBLEM: disk full on db1"))
    assert stand() == [("resolved", 2), ("open", 1)]


def test_the_address_says_what_to_do(world, send):
    send(written())
    for tag, status in (("ack", "acknowledged"), ("resolve", "resolved")):
        assert send(written(), to=f"{KEY}+{tag}@alerts.example")[0] == 250
        assert Incident.objects.get().status == status


@pytest.mark.parametrize(
    "to",
    [f"{KEY.upper()}@alerts.example", f"pager+{KEY}@acme.example", f"{KEY}@localhost", f"{KEY}@[127.0.0.1]"],
)
def test_the_key_counts_wherever_it_stands_and_whatever_the_domain(world, send, to):
    assert send(written(), to=to)[0] == 250
    assert stand() == [("open", 1)]


def test_who_has_no_key_hears_one_sentence_for_every_reason(world, send):
    signed = config.ensure_routing_key(service=world.service, name="signed", by=TESTS, now=world.now)
    config.set_signing_secret(key=signed, secret="s" * 32, by=TESTS, now=world.now)
    revoked = config.ensure_routing_key(service=world.service, name="old", by=TESTS, now=world.now)
    config.revoke_routing_key(key=revoked, by=TESTS, now=world.now)
    locals_ = ["f" * 32, signed.key, revoked.key, "postmaster", f"{KEY}x", '"a b"', f"x+y+{KEY}"]
    said = {send(written(), to=f"{local}@alerts.example") for local in locals_}
    assert said == {(550, "5.1.1 No alerts are taken at this address; check its routing key")}
    assert not Alert.objects.exists()


def test_who_tries_addresses_is_sent_away(world, smtp):
    smtp.ehlo()
    smtp.mail(FROM)
    said = [smtp.rcpt(f"{number:032}@alerts.example")[0] for number in range(10)]
    assert said == [550] * 9 + [421]


def test_several_keys_of_one_mail_each_raise_an_alert(world, smtp):
    other = config.ensure_routing_key(
        service=config.create_service(
            name="other", policy=world.policy, team=world.team, by=TESTS, now=world.now
        ),
        name="mail",
        by=TESTS,
        now=world.now,
    )
    refused = smtp.sendmail(FROM, [TO, "nobody@x.example", f"{other.key}@x.example"], written().as_bytes())
    assert set(refused) == {"nobody@x.example"}
    assert sorted(Alert.objects.values_list("service__name", flat=True)) == ["other", "payments-api"]


def test_a_mail_that_comes_twice_counts_once_and_reopens_nothing(world, send):
    mail = written(Message_ID="<1@mon1.example>", Date="Mon, 02 Mar 2026 10:00:00 +0000")
    send(mail)
    send(mail)
    assert stand() == [("open", 1)]
    send(written("RESOLVED: disk full on db1", Message_ID="<2@mon1.example>"))
    assert send(mail)[0] == 250
    assert stand() == [("resolved", 1)]


def test_a_script_that_always_writes_the_same_message_id_still_pages(world, send):
    send(written("disk full", Message_ID="<alert@script>"))
    send(written("cpu is hot", Message_ID="<alert@script>"))
    assert stand() == [("open", 1), ("open", 1)]


AUTOMATIC = [
    {"Auto_Submitted": "auto-replied (vacation)"},
    {"Precedence": "auto_reply"},
    {"X_Autoreply": "yes"},
    {"X_Watchbill_Sent_By": "http://127.0.0.1:8000"},
]


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_answers_of_programs_and_our_own_mail_are_taken_and_open_nothing(world, send, settings, headers):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    assert send(written(**headers))[0] == 250
    assert not Alert.objects.exists()


def test_a_bounce_opens_nothing_and_a_program_without_an_address_does(world, send):
    assert send(written("Undelivered Mail Returned to Sender"), sender="")[0] == 250
    assert not Alert.objects.exists()
    assert send(written("Cron <root@db1> backup", Auto_Submitted="auto-generated"), sender="")[0] == 250
    assert stand() == [("open", 1)]


def test_our_own_page_says_whose_it_is(world, send, mailbox):
    """A contact method that is the address of a service must not page itself for ever."""
    world.alert()
    world.tick()
    mail = mailbox.expect_mail(to="ana@example.com")
    assert send(mail.message)[0] == 250
    assert stand() == [("open", 1)]


def test_over_its_limit_a_key_is_told_to_come_again(world, send, monkeypatch):
    def over(**_):
        raise intake.OverLimit(world.key.pk, limit=5, retry_after=7)

    monkeypatch.setattr("escalation.intake.mail.receive", over)
    assert send(written()) == (
        451,
        "4.7.1 More than 5 events a minute come by this key; send it again in 7 s",
    )
    refused = world.key.last_posts.get()
    assert (refused.outcome, refused.source, refused.status) == ("refused", "email", 451)
    assert "more than 5 events a minute" in refused.why
    assert Alert.objects.get().dedup_key == f"watchbill:over-limit:{world.key.pk}"


def test_a_key_over_its_limit_keeps_no_other_key_of_the_mail_waiting(world, smtp, monkeypatch):
    other = config.ensure_routing_key(service=world.service, name="other", by=TESTS, now=world.now)

    def one_is_over(*, key, **said):
        if key == KEY:
            raise intake.OverLimit(world.key.pk, limit=5, retry_after=7)
        return intake.receive(key=key, **said)

    monkeypatch.setattr("escalation.intake.mail.receive", one_is_over)
    with pytest.raises(smtplib.SMTPDataError, match=re.escape("send it again")):
        smtp.send_message(written(Message_ID="<1@mon1>"), to_addrs=[TO, f"{other.key}@alerts.example"])
    assert Alert.objects.filter(dedup_key__startswith="email").count() == 1


def test_without_the_database_a_mail_is_to_be_sent_again(world, send, monkeypatch):
    def away(*_, **__):
        raise OperationalError("the server is away")

    monkeypatch.setattr("escalation.intake.mail.unsigned_key", away)
    assert send(written())[0] == 451
    monkeypatch.undo()
    monkeypatch.setattr("escalation.intake.mail.receive", away)
    assert send(written())[0] == 451
    monkeypatch.undo()
    assert send(written())[0] == 250
    assert stand() == [("open", 1)]


def test_a_fault_of_ours_is_no_reason_to_lose_it(world, send, monkeypatch):
    monkeypatch.setattr("escalation.api.smtp.read", None)
    assert send(written())[0] == 451


def test_what_is_too_large_is_refused_and_what_is_large_is_not(world, smtp, send):
    mail = written()
    mail.add_attachment(b"\x89PNG" * 700_000, maintype="image", subtype="png", filename="graph.png")
    assert send(mail)[0] == 250
    (attached,) = Alert.objects.get().payload["attachments"]
    assert (attached["name"], attached["type"]) == ("graph.png", "image/png")
    assert 2_800_000 <= attached["bytes"] <= 2_900_000
    assert smtp.docmd("MAIL", f"FROM:<{FROM}> SIZE=99000000")[0] == 552


def test_one_line_without_an_end_is_cut_off(world, listener, smtp):
    smtp.ehlo()
    smtp.mail(FROM)
    smtp.rcpt(TO)
    smtp.docmd("DATA")
    with pytest.raises((ConnectionResetError, BrokenPipeError)):  # it is cut off before it has sent all of it
        smtp.sock.sendall(b"x" * 64 * 1024 * 1024)
    assert not Alert.objects.exists()


def test_a_long_line_is_an_alert_too(world, send):
    assert send(b"From: a@b.example\r\nSubject: x\r\n\r\n" + b"y" * 200_000 + b"\r\n")[0] == 250


def test_unannounced_utf8_and_a_mail_of_nothing_are_alerts(world, send):
    assert send("Subject: Störung an db1\r\n\r\nüber\r\n".encode())[0] == 250
    assert Alert.objects.get().summary == "Störung an db1"
    assert send(b"\r\n")[0] == 250
    assert Alert.objects.order_by("pk").last().summary == "(a mail without a subject)"


def test_it_relays_nothing_and_lets_nobody_log_in(world, smtp):
    code, said = smtp.ehlo()
    assert code == 250
    assert b"SMTPUTF8" in said
    assert b"8BITMIME" in said
    assert b"AUTH" not in said
    assert smtp.docmd("AUTH", "PLAIN AGEAYg==")[0] == 502
    assert smtp.verify(TO)[0] == 252
    smtp.mail(FROM)
    assert smtp.rcpt("somebody@elsewhere.example")[0] == 550


def test_only_so_many_connections_of_one_address(world, listener, monkeypatch):
    monkeypatch.setattr("escalation.api.smtp_connection.MOST_OF_ONE", 2)
    held = [socket.create_connection(("127.0.0.1", listener.port), 60) for _ in range(3)]
    try:
        assert [one.recv(100)[:3] for one in held] == [b"220", b"220", b"421"]
    finally:
        for one in held:
            one.close()


def test_who_says_nothing_is_cut_off(world, listener, monkeypatch):
    monkeypatch.setattr("escalation.api.smtp_connection.IDLE", 0.1)
    with socket.create_connection(("127.0.0.1", listener.port), 60) as one:
        assert one.recv(100).startswith(b"220 alerts.example Watchbill")
        assert one.recv(100) == b""


def test_no_key_stands_in_what_is_kept_or_logged(world, send, caplog):
    text = f"Forwarded from {KEY}@alerts.example:\nhttps://x.example/{KEY}\n"
    send(written(f"disk full {KEY}", text))
    alert = Alert.objects.get()
    assert KEY not in f"{alert.summary} {alert.payload} {alert.labels} {alert.dedup_key}"
    assert KEY not in caplog.text


@pytest.mark.skipif(
    not shutil.which("swaks") and not os.environ.get("CI"),
    reason="swaks is not installed (apt-get install swaks)",
)
def test_swaks_triggers_repeats_acknowledges_and_resolves(world, listener):
    def swaks(subject, **options):
        command = ["swaks", "--server", f"127.0.0.1:{listener.port}", "--from", FROM, "--to", TO]
        command += ["--header", f"Subject: {subject}", "--h-X-Watchbill-Severity", "P3"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert re.search(r"<-  250 2\.0\.0 Taken", ran.stdout)

    swaks("PROBLEM: disk full")
    swaks("PROBLEM: disk full")
    assert stand() == [("open", 2)]
    assert Alert.objects.get().severity == "SEV-3"
    swaks("ACKNOWLEDGEMENT: disk full")
    assert Incident.objects.get().status == "acknowledged"
    swaks("RECOVERY: disk full")
    assert Incident.objects.get().status == "resolved"
