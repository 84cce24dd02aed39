"""HEARTBEAT_URL hears from the engine while it is well, and only then."""

import http.server
import queue
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from escalation import engine
from paging import dispatch
from tests.world import World
from watchbill.ticking import heartbeat
from watchbill.ticking import ticker as ticking
from watchbill.ticking.ticker import Ticker
from watchbill.watch import clocks

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
    monkeypatch.setattr(ticking, "_is_late", lambda: False)
    monkeypatch.setattr(clocks, "agree", lambda: timedelta(0))  # which asks the database
    made = Ticker(every=0.01)
    yield made
    made.stop()


@pytest.fixture
def beats(settings, monkeypatch):
    """A ticker that has just looked; the addresses that it asked for when told to beat."""
    settings.HEARTBEAT_URL = "http://127.0.0.1:1/ping"
    asked = []
    monkeypatch.setattr(heartbeat, "ping", asked.append)
    made = Ticker()
    made._answered()

    def beat():
        asked.clear()
        made._beat()
        return len(asked)

    return beat


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


@pytest.mark.django_db
@pytest.mark.parametrize(("late", "beaten"), [(0, 1), (50, 1), (70, 0)])
def test_engine_that_leaves_a_due_row_for_a_minute_is_silent(beats, late, beaten):
    World(now=timezone.now() - timedelta(seconds=late)).alert()
    assert beats() == beaten


@pytest.mark.django_db
def test_engine_that_has_caught_up_reports_again(beats):
    world = World(now=timezone.now() - timedelta(seconds=90))
    world.alert()
    assert beats() == 0
    world.now = timezone.now()
    world.tick()
    assert beats() == 1


def test_engine_that_works_through_a_storm_reports_all_the_while(watcher, ticker, monkeypatch):
    """It is well from its first batch on, long before nothing is due any more."""
    reported, calls = threading.Event(), []

    def decide(**_):
        calls.append(1)
        if len(calls) > 1 and not ticker._stopping.is_set():
            reported.wait(PATIENCE)  # the storm goes on until the word has come
        return 20

    monkeypatch.setattr(engine, "run_due", decide)
    ticker.start()
    heard = watcher.heard.get(timeout=PATIENCE)
    reported.set()
    assert heard == "/ping/secret"


def test_watcher_that_refuses_or_is_gone_is_logged_without_its_address(watcher, caplog):
    watcher.answer = 500
    assert not heartbeat.ping(watcher.url)
    assert not heartbeat.ping("http://127.0.0.1:1/ping/secret")
    assert len(caplog.records) == 2
    assert "secret" not in caplog.text
