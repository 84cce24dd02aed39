"""gunicorn's settings: `python -m gunicorn -c python:watchbill.processes.gunicorn_conf`.

Without REDIS_URL the one worker also runs Celery's worker and beat (watchbill.processes.embedded) and listens
for mail; with it, every worker looks whether the site is well (watchbill.processes.watching).
"""

import gc
from importlib import import_module
from typing import Any

from gunicorn.glogging import Logger

from watchbill import logs
from watchbill.processes import lifeline
from watchbill.settings import ENV

EMBEDDED = not ENV.redis_url

wsgi_app = "watchbill.wsgi"
preload_app = True  # loaded once: a web process that dies is back within a fifth of a second
bind = f"[{ENV.host}]:{ENV.port}" if ":" in ENV.host else f"{ENV.host}:{ENV.port}"
worker_class = "watchbill.processes.web_worker.DeadlineWorker"
workers = ENV.web_concurrency
threads = 32  # most of them wait for a slow sender; the work itself is short
timeout = 60
graceful_timeout = 10  # the embedded worker waits 9 s for a message in a provider's hands
keepalive = 5
control_socket_disable = True
loglevel = "warning"


class RootLogger(Logger):  # type: ignore[misc]
    """gunicorn's own lines look like all others."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        logs.configure({"level": "INFO"})
        self.error_log.handlers.clear()
        self.error_log.propagate = True


logger_class = RootLogger


def on_starting(server: Any) -> None:
    if EMBEDDED and server.cfg.workers != 1:
        raise SystemExit(
            f"Watchbill cannot start: {server.cfg.workers} web workers need a broker; set REDIS_URL, "
            "or run one."
        )


def when_ready(_server: Any) -> None:
    """Before a worker is there. To look through what all of them share takes up to a third of a second, in
    which a worker would answer nobody, and finds nothing; and an event makes hundreds of objects, nearly all
    of which are gone with its answer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def post_fork(_server: Any, _worker: Any) -> None:
    lifeline.end_with_parent()


def post_worker_init(_worker: Any) -> None:
    for part in _beside():
        part.start()


def worker_exit(_server: Any, _worker: Any) -> None:
    for part in _beside():
        part.stop()


def _beside() -> list[Any]:
    """What runs in threads beside the web. Named, not imported above: it needs Django's apps, which only a
    worker has loaded.
    """
    names = ("listening", *(("mail", "embedded") if EMBEDDED else ("watching",)))
    return [import_module(f"watchbill.processes.{name}") for name in names]
