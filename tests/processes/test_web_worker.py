"""Senders that never finish a request do not hold the threads that alerts come in by."""

import gc
import socket
from types import SimpleNamespace

from gunicorn.workers.gthread import ThreadWorker

from watchbill.processes import web_worker


def test_a_request_that_is_not_read_in_time_is_read_no_further(monkeypatch):
    monkeypatch.setattr(web_worker, "READ_WITHIN", 0.0)
    monkeypatch.setattr(web_worker, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(ThreadWorker, "init_process", lambda _: None)
    monkeypatch.setattr(ThreadWorker, "handle", lambda _, conn: conn.sock.recv(1))
    worker = object.__new__(web_worker.DeadlineWorker)
    worker.init_process()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(10)
        assert worker.handle(SimpleNamespace(sock=ours)) == b""  # the end, though nobody closed it
        ours.sendall(b"HTTP/1.1 400")
        assert theirs.recv(12) == b"HTTP/1.1 400"


def test_what_all_workers_share_is_looked_through_for_garbage_once():
    from watchbill.processes import gunicorn_conf  # noqa: PLC0415 - it reads the environment

    usual = gc.get_threshold()
    try:
        gunicorn_conf.when_ready(None)
        assert gc.get_freeze_count() > 10_000
        assert gc.isenabled()
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
    assert gc.get_freeze_count() == 0
