"""The listener comes and goes without losing a mail, and without stopping anything else."""

import smtplib
import socket
import ssl
import subprocess
import threading

import pytest
from structlog.testing import capture_logs

from escalation.models import Alert
from tests.escalation.mail.conftest import FROM, TO, written
from watchbill.mail_intake import MailIntake
from watchbill.processes import mail
from watchbill.processes.mail import Listener


def intake(port=0, **said):
    return MailIntake(domain="alerts.example", host="127.0.0.1", port=port, **said)


def test_an_address_that_is_taken_is_said_once_and_taken_when_it_is_free(monkeypatch):
    monkeypatch.setattr(mail, "AGAIN", 0.01)
    with socket.socket() as other, capture_logs() as logs:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        listener = Listener(intake(port))
        listener.start()
        assert not listener.listens.wait(0.5)
        other.close()
        assert listener.listens.wait(30)
        listener.stop()
    said = [line["why"] for line in logs if line["event"] == "mail_not_listening"]
    assert len(said) == 1
    assert said[0].startswith(f"Alerts by mail are not taken: nothing can listen on 127.0.0.1:{port} (")
    assert said[0].endswith("set MAIL_LISTEN to another address, or to off.")


def test_it_ends_also_while_it_waits_for_its_address(monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        listener = Listener(intake(other.getsockname()[1]))
        listener.start()
        listener.stop()
        assert not listener._thread.is_alive()


def test_a_mail_that_is_being_stored_is_answered_before_it_ends(world, listener, monkeypatch):
    entered, go_on = threading.Event(), threading.Event()
    received = mail.Door.handle_DATA.__globals__["receive_mail"]

    def slowly(*given, **named):
        entered.set()
        assert go_on.wait(30)
        return received(*given, **named)

    monkeypatch.setattr("escalation.api.smtp.receive_mail", slowly)
    answers = []

    def send():
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=60) as server:
            server.ehlo()
            server.mail(FROM)
            server.rcpt(TO)
            answers.append(server.data(written().as_string())[0])

    sender = threading.Thread(target=send)
    sender.start()
    assert entered.wait(30)
    listener.ask_to_stop()
    go_on.set()
    sender.join(30)
    assert answers == [250]
    assert Alert.objects.count() == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=alerts.example"]
    subprocess.run([*command, "-days", "2"], check=True, capture_output=True)
    return folder


def test_with_a_certificate_a_mail_may_come_by_tls_and_without_one_in_the_clear(world, certificate):
    files = {"certificate": str(certificate / "cert.pem"), "key": str(certificate / "key.pem")}
    listener = Listener(intake(**files))
    listener.start()
    assert listener.listens.wait(30)
    try:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=60) as server:
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            server.starttls(context=trusting)
            code, features = server.ehlo()
            assert (code, b"AUTH PLAIN" in features, b"STARTTLS" in features) == (250, False, False)
            server.sendmail(FROM, TO, written().as_string())
        (certificate / "cert.pem").rename(certificate / "being-renewed.pem")
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=60) as server:
            assert b"STARTTLS" not in server.ehlo()[1]
            server.sendmail(FROM, TO, written("another").as_string())
    finally:
        listener.stop()
    assert Alert.objects.count() == 2
