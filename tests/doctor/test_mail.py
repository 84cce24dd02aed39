"""Doctor says when nobody takes the mail that somebody relies on."""

from datetime import UTC, datetime

import pytest

from tests.processes.tree import free_port
from watchbill.doctor.mail import mail_listener
from watchbill.mail_intake import MailIntake
from watchbill.processes.mail import Listener

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def intake(settings):
    settings.MAIL_INTAKE = MailIntake(host="127.0.0.1", port=free_port(), is_chosen=True)
    return settings.MAIL_INTAKE


def test_it_says_that_nothing_listens_until_something_does(intake):
    (finding,) = mail_listener(NOW)
    assert finding.what.startswith(f"Nothing takes alerts by mail on 127.0.0.1:{intake.port} (MAIL_LISTEN): ")
    listener = Listener(intake)
    listener.start()
    assert listener.listens.wait(30)
    assert list(mail_listener(NOW)) == []
    listener.stop()


def test_where_nobody_chose_an_address_nobody_relies_on_it(settings):
    settings.MAIL_INTAKE = MailIntake(host="127.0.0.1", port=free_port())
    assert list(mail_listener(NOW)) == []
