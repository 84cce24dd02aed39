"""A real Alertmanager, the real process tree, a real mail server, the real Twilio library."""

import json
import re
from contextlib import suppress

import pytest

from tests.fakes.mailbox import FakeMailbox
from tests.fakes.phone import FakePhone
from tests.processes.alertmanager import Alertmanager
from tests.processes.tree import PATIENCE, fetch, manage, until

KEY = "0123456789abcdef0123456789abcdef"
pytestmark = pytest.mark.processes


@pytest.fixture
def mailbox():
    with FakeMailbox() as mailbox:
        yield mailbox


@pytest.fixture
def phone():
    with FakePhone() as phone:
        yield phone


@pytest.fixture
def tree(make_tree, mailbox, phone):
    """Everything that `make up` runs, with a small organisation and providers that answer."""
    twilio = {f"TWILIO_{name.upper()}": value for name, value in phone.settings.items() if value}
    tree = make_tree(
        "--no-demo", EMAIL_URL=f"smtp://{mailbox.host}:{mailbox.port}", NO_PROXY="127.0.0.1", **twilio
    )
    tree.start()
    tree.wait_until_up()
    manage(tree, "apply", "tests/processes/organisation.yaml")
    return tree


def newest(tree, token):
    status, body = fetch(f"{tree.url}/api/v1/incidents", Authorization=f"Bearer {token}")
    assert status == 200, body
    return json.loads(body)["results"][0]


def reached(handset):
    """The phone has had its SMS of this minute, so a first page rings instead of waiting. On a busy machine
    the minute may be over.
    """
    for expect in (handset.expect_call, handset.expect_sms):
        with suppress(AssertionError):
            return expect(timeout=0)
    return None


def test_a_real_alert_reaches_the_person_on_call_and_their_answer_stops_it(tree, mailbox, phone, tmp_path):
    token = manage(tree, "token", "mia").split()[-1]
    for receiver, name in (("webhook", "DiskFull"), ("pagerduty", "NodeDown")):
        folder = tmp_path / receiver
        with Alertmanager(folder=folder, url=tree.url, key=KEY, receiver=receiver) as alertmanager:
            alertmanager.alert(alertname=name, cluster="eu1", severity="critical")
            mail = mailbox.expect_mail(to="ana@example.com", subject=name, timeout=PATIENCE)

            # Nobody answers for two seconds: the secondary is paged.
            second = mailbox.expect_mail(to="bo@example.com", subject=name, timeout=PATIENCE)
            assert second.message_id != mail.message_id

            if receiver == "webhook":
                # A reply is an answer; the phone company says what became of the message all the while.
                sms = phone("+14155550101").expect_sms(name, timeout=PATIENCE)
                phone.calls_back(tree.url)
                sms.delivered().status("sent")
                assert sms.reply("ack").startswith("Acknowledged #")
            else:
                # So is the button behind the link; opening it does nothing (mail scanners do).
                until(lambda: reached(phone("+14155550101")), "the phone rings, or has an SMS")
                link = re.search(r"http://\S+/p/\S+", mail.body()).group()
                link = re.sub(r"^http://[^/]+", tree.url, link)
                assert fetch(link)[0] == 200
                assert newest(tree, token)["status"] == "triggered"
                assert fetch(link, b"action=acknowledge")[0] == 200
            acknowledged = newest(tree, token)
            assert (acknowledged["status"], acknowledged["acknowledged_by"]) == ("acknowledged", "ana")
            mailbox.expect_mail(to="bo@example.com", subject="Acknowledged by Ana Ruiz", timeout=PATIENCE)

            # The source says that it is over.
            alertmanager.alert(over=True, alertname=name, cluster="eu1", severity="critical")
            until(lambda: newest(tree, token)["status"] == "resolved", "resolved by the source")
            for address in ("ana@example.com", "bo@example.com"):
                mailbox.expect_mail(to=address, subject="Resolved by", timeout=PATIENCE)
    # Nothing more arrives: the fakes fail the test if it does.
