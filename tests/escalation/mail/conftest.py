"""The real listener on the loopback, and whoever sends it mail."""

import smtplib
from email import policy
from email.message import EmailMessage

import pytest
import time_machine

from tests.world import KEY, World
from watchbill.mail_intake import MailIntake
from watchbill.processes.mail import Listener

FROM = "nagios@mon1.example"
TO = f"{KEY}@alerts.example"


def written(subject="disk full on db1", text="it is at 99 %\n", *, to=TO, **headers):
    """A mail; `headers` have _ for -."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Nagios <{FROM}>", to, subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@pytest.fixture
def world(transactional_db):
    world = World()
    with time_machine.travel(world.now, tick=False):
        yield world


@pytest.fixture
def listener():
    listener = Listener(MailIntake(domain="alerts.example", host="127.0.0.1", port=0))
    listener.start()
    assert listener.listens.wait(30)
    yield listener
    listener.stop()


@pytest.fixture
def smtp(world, listener):
    with smtplib.SMTP("127.0.0.1", listener.port, timeout=60) as server:
        yield server


@pytest.fixture
def send(smtp):
    """Sends one mail; what the server said last is returned, or (code, sentence) of its refusal."""

    def send(mail, *, sender=FROM, to=TO):
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        smtp.ehlo_or_helo_if_needed()
        smtp.mail(sender)
        code, said = smtp.rcpt(to)
        if code == 250:
            code, said = smtp.data(content)
        else:
            smtp.rset()
        return code, said.decode()

    return send
