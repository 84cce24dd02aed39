"""A mail server that answers each command late must not outlast the sender's lease."""

import socket
import threading
from contextlib import closing, suppress

import pytest

from paging.channels import smtp
from paging.channels.base import ChannelError, Fault
from paging.channels.email import EmailChannel
from paging.core.message import Message
from tests.paging.world import ALICE_MAIL, NOW

LATE = 0.2


@pytest.fixture
def sluggish(settings):
    """Answers every command, `LATE` seconds after it."""
    pause = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        peer, _ = listener.accept()
        with suppress(OSError), closing(peer), peer.makefile("rb") as lines:  # the caller gives up
            peer.sendall(b"220 hello\r\n")
            for line in lines:
                pause.wait(LATE)
                peer.sendall(b"354 go on\r\n" if line.startswith(b"data") else b"250 ok\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    settings.EMAIL_BACKEND = "paging.channels.smtp.Backend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = listener.getsockname()
    yield
    listener.close()
    thread.join(5)


def test_a_conversation_has_one_time_limit_and_not_one_for_each_command(sluggish, monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 2.5 * LATE)
    message = Message(
        message_id="6f1c1f0e-0000-4000-8000-000000000000", via="email", to=ALICE_MAIL, user="alice",
        subject="s", text="t", at=NOW, valid_seconds=600,
    )  # fmt: skip
    with pytest.raises(ChannelError) as refused:
        EmailChannel().send(message)
    assert refused.value.fault is Fault.TEMPORARY
