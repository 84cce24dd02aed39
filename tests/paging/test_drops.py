"""A provider that answers drop by drop keeps each limit of each step, and must not hold a sender for ever."""

import socket
import threading
from contextlib import closing, suppress

import pytest

from paging import dispatch
from tests.fakes.carrier import SID
from tests.paging.world import ALICE_MAIL, ALICE_SMS, NOW, Clock, page, person, rules, timeline

pytestmark = pytest.mark.django_db(transaction=True)
DROP = 0.02
DROPS = 150  # 3 s
TAKEN = b'\r\nContent-Length: 14\r\n\r\n{"sid": "SM1"}'


@pytest.fixture
def dripping():
    """What it answers in the end would be a yes, long after everybody's patience; the address."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            peer, _ = listener.accept()
            with closing(peer):
                peer.recv(65536)
                peer.sendall(b"HTTP/1.1 201 Created\r\nX-Slow: ")
                for _ in range(DROPS):
                    if over.wait(DROP):
                        return
                    peer.sendall(b"x")
                peer.sendall(TAKEN)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield "http://{}:{}".format(*listener.getsockname())
    over.set()
    listener.close()
    thread.join(5)


def test_it_is_given_up_and_the_next_method_is_not_kept_waiting(
    dripping, phone, mailbox, settings, monkeypatch
):
    monkeypatch.setattr(dispatch, "LONGEST_CALL", 0.3)
    settings.TWILIO = settings.TWILIO | {"api_base_url": dripping, "account_sid": SID}
    alice = person(sms=ALICE_SMS, email=ALICE_MAIL)
    rules(alice, ("sms", 0), ("email", 0))
    page(alice, now=NOW)
    dispatch.send_due(clock=Clock())
    mailbox.expect_mail(to=ALICE_MAIL)
    assert "SMS to Alice Ng (+1415…0101) not taken by Twilio; tried again in 2 s" in timeline()


def test_the_longest_call_ends_before_the_lease():
    assert 8 < dispatch.LONGEST_CALL < dispatch.LEASE.total_seconds() - 2
