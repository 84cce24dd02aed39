"""HEARTBEAT_URL hears from the engine while it is well, and only then."""

import http.server
import queue
import threading

import pytest

from escalation import engine
from paging import dispatch
from watchbill.ticking import heartbeat
from watchbill.ticking.ticker import Ticker

PATIENCE = 120


@pytest.fixture
def watcher():
    """A server elsewhere; `heard` holds the paths it was asked for, `answer` is the status it gives."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.heard.put(self.path)
            self.send_response(self.server.answer)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.heard, server.answer = queue.Queue(), 200
        server.url = f"http://127.0.0.1:{server.server_address[1]}/ping/secret"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def ticker(watcher, settings, monkeypatch):
    settings.HEARTBEAT_URL = watcher.url
    monkeypatch.setattr(dispatch, "send_due", lambda **_: 0)
    made = Ticker(every=0.01)
    yield made
    made.stop()


def test_engine_that_works_reports_at_once_and_then_each_minute(watcher, ticker, monkeypatch):
    monkeypatch.setattr(engine, "run_due", lambda **_: 0)
    ticker.start()
    assert watcher.heard.get(timeout=PATIENCE) == "/ping/secret"
    assert heartbeat.EVERY == 60


def test_engine_that_fails_is_silent(watcher, ticker, monkeypatch):
    failed = threading.Semaphore(0)

    def fail(**_):
        failed.release()
        raise OSError("no database")

    monkeypatch.setattr(engine, "run_due", fail)
    ticker.start()
    for _ in range(3):
        assert failed.acquire(timeout=PATIENCE)
    ticker._beat()
    ticker.stop()
    assert watcher.heard.empty()


def test_watcher_that_refuses_or_is_gone_is_logged_without_its_address(watcher, caplog):
    watcher.answer = 500
    assert not heartbeat.ping(watcher.url)
    assert not heartbeat.ping("http://127.0.0.1:1/ping/secret")
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text
