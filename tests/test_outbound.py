"""Whatever library makes the call, it opens nothing that the person who gave the address may not reach."""

import os
import socket
import subprocess
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests

from people import outbound
from people.outbound import Inside, OutOfTime, call

LOOPBACK = frozenset({"127.0.0.1"})


def get(url):
    return requests.get(url, timeout=5).status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1"])
def test_nothing_inside_is_reached_however_it_is_written(web, host):
    with pytest.raises(Inside):
        call(lambda: get(f"http://{host}:{web.port}/"), seconds=5)
    web.expect_none()


def test_a_host_that_the_operator_allows_is_reached(web):
    assert call(lambda: get(web.url), seconds=5, private_hosts=LOOPBACK) == 200
    web.expect_request(path="/")


def test_a_redirect_leads_from_an_allowed_host_to_no_other_inside(web):
    web.answer_next(302, Location=f"http://localhost:{web.port}/secret")
    with pytest.raises(Inside, match="localhost"):
        call(lambda: get(f"{web.url}/first"), seconds=5, private_hosts=LOOPBACK)
    web.expect_request(path="/first")


def test_a_name_that_resolves_otherwise_the_second_time_gains_nothing(web, monkeypatch):
    """What is looked at is the address that is connected to, not one that was looked up before."""
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", web.port))]
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", web.port))]
    answers = [public, inside]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: answers.pop(0))

    def check_and_then_ask():
        assert outbound.is_public(socket.getaddrinfo("rebinding.example", web.port)[0][4][0])
        return get(f"http://rebinding.example:{web.port}/")

    with pytest.raises(Inside):
        call(check_and_then_ask, seconds=5)
    web.expect_none()


def test_unix_sockets_are_not_reached(tmp_path):
    def connect():
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(tmp_path / "docker.sock"))

    with pytest.raises(Inside):
        call(connect, seconds=5)


def test_a_datagram_goes_nowhere_inside():
    def send():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"x", ("127.0.0.1", 514))

    with pytest.raises(Inside):
        call(send, seconds=5)


@pytest.mark.parametrize(
    "work",
    [
        lambda: Path("/etc/passwd").read_text(),
        lambda: Path("manage.py").read_bytes(),
        lambda: os.open("/etc/passwd", os.O_RDONLY),
        lambda: os.open(os.__file__, os.O_WRONLY),
        lambda: subprocess.run(["true"], check=True),
        lambda: os.system("true"),  # noqa: S605
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
    ],
    ids=["secret", "code", "descriptor", "library", "subprocess", "shell", "spawn"],
)
def test_no_file_is_opened_and_no_program_started(work):
    with pytest.raises(PermissionError, match="from here"):
        call(work, seconds=5)


def test_libraries_still_find_their_own_files():
    assert call(lambda: Path(requests.__file__).read_text(), seconds=5)


def test_what_is_not_watched_may_do_everything(web):
    assert get(web.url) == 200
    web.expect_request()
    assert Path("manage.py").exists()


def test_an_answer_that_never_comes_is_given_up_and_its_connection_ends(web):
    silence = web.hang_next()
    ended = threading.Event()

    def ask():
        try:
            requests.get(web.url, timeout=60)
        finally:
            ended.set()

    with pytest.raises(OutOfTime):
        call(ask, seconds=0.2, private_hosts=LOOPBACK)
    assert ended.wait(40)  # its own limit would be a minute, and a drip of bytes has none
    silence.release.set()
    web.forget()


def test_the_operators_own_addresses_may_be_anywhere_and_have_their_time(web):
    assert outbound.in_time(lambda: get(web.url), seconds=5) == 200
    web.expect_request()
    silence = web.hang_next()
    with pytest.raises(OutOfTime):
        outbound.in_time(lambda: requests.get(web.url, timeout=60), seconds=0.2)
    silence.release.set()
    web.forget()


def test_an_answer_that_was_cut_off_is_none():
    """A connection that ends within the headers is an answer without a body to many libraries."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer():
        peer, _ = listener.accept()
        with closing(peer):
            peer.recv(65536)
            peer.sendall(b"HTTP/1.1 201 Created\r\nX-Slow: ")
            over.wait(10)

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(OutOfTime):
        outbound.in_time(lambda: get("http://{}:{}/".format(*listener.getsockname())), seconds=0.3)
    over.set()
    thread.join()
    listener.close()


def test_where_no_thread_can_be_started_it_is_asked_all_the_same(monkeypatch):
    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(outbound, "_ALARM", type(outbound._ALARM)())
    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(requests.RequestException):
        outbound.in_time(lambda: requests.get("http://127.0.0.1:1/", timeout=5), seconds=5)


def test_what_a_library_does_before_it_connects_does_not_count(web):
    def ask():
        threading.Event().wait(0.3)  # such as to load itself
        return get(web.url)

    assert outbound.in_time(ask, seconds=0.2) == 200
    web.expect_request()


def test_in_its_time_it_raises_what_it_raises():
    with pytest.raises(KeyError):
        outbound.in_time(lambda: {}["a"], seconds=5)


def test_what_is_guarded_stays_guarded_within_a_time(web):
    with pytest.raises(Inside):
        call(lambda: outbound.in_time(lambda: get(web.url), seconds=5), seconds=5)
    with pytest.raises(Inside):
        call(lambda: (outbound.in_time(lambda: None, seconds=5), get(web.url)), seconds=5)
    web.expect_none()


def test_what_goes_wrong_outside_is_raised_as_it_is():
    def fail():
        raise KeyError("a")

    with pytest.raises(KeyError):
        call(fail, seconds=5)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "10.0.0.1", "[::1]", "169.254.169.254"])
def test_an_address_inside_is_known_without_looking_it_up(host):
    assert outbound.inside(host, private_hosts=frozenset())


def test_a_name_or_an_allowed_address_may_be_asked():
    assert not outbound.inside("hooks.acme.example", private_hosts=frozenset())
    assert not outbound.inside("127.0.0.1", private_hosts=LOOPBACK)
    assert not outbound.inside("93.184.216.34", private_hosts=frozenset())


class Keeping:
    """A server that answers at once, and goes on with the same connection; the answer after `drips` is set
    comes drop by drop.
    """

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://{}:{}".format(*self.listener.getsockname())
        self.drips, self.over = threading.Event(), threading.Event()
        self.connections = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)

    def _serve(self):
        while not self.over.is_set():
            with suppress(OSError):
                peer, _ = self.listener.accept()
                self.connections += 1
                with closing(peer), suppress(OSError):
                    while peer.recv(65536):
                        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Slow: ")
                        while self.drips.is_set() and not self.over.wait(0.02):
                            peer.sendall(b"x")
                        peer.sendall(b"\r\n\r\n")


def kept(session, connections, url):
    def work():
        outbound.keep(connections)
        return session.get(url, timeout=5).status_code

    return outbound.in_time(work, seconds=0.4)


def test_a_kept_connection_goes_on_and_has_its_time_all_the_same():
    connections = outbound.Connections()
    with requests.Session() as session, Keeping() as server:
        assert [kept(session, connections, server.url) for _ in range(3)] == [200, 200, 200]
        assert server.connections == 1
        server.drips.set()
        with pytest.raises(OutOfTime):
            kept(session, connections, server.url)
        server.drips.clear()
        assert kept(session, connections, server.url) == 200
        assert server.connections == 2
        connections.end()


def test_what_is_not_kept_is_its_librarys_again(web):
    with requests.Session() as session:
        assert outbound.in_time(lambda: session.get(web.url, timeout=5).status_code, seconds=5) == 200
    web.expect_request()


def test_a_kept_connection_that_the_other_side_has_ended_is_let_go():
    ours, theirs = socket.socketpair()
    connections = outbound.Connections()
    with closing(theirs):
        connections.put([ours])
        [one] = connections.take()
        assert one is ours
    connections.put([ours])
    assert connections.take() == []
    assert ours.fileno() == -1
