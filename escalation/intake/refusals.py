"""What was refused, and why: noted for whoever sets the sender up, after the answer and beside its way.

A refusal costs the answer nothing but a look into a dictionary, whether its key exists or not: that is asked
by a thread of its own, a second's worth at a time. So an answer's time says nothing about keys, a flood of
refusals is a few statements a second, and what cannot be noted is logged and lost. Nothing hangs on it but
the alert that a key is over its limit, which the next refusal raises as well.
"""

import atexit
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog
from django.db import close_old_connections, connections
from django.db.models import Q

from escalation.core.masking import HEAD, masked, readable
from escalation.intake.limits import OverLimit
from escalation.intake.minutes import count_refused
from escalation.intake.over_limit import keep_raised
from escalation.models import LastPost, RoutingKey

EVERY = 1.0
STOPS_WITHIN = 2.0
MOST_KEYS = 500
"""Noted within one round: whoever posts by thousands of keys that do not exist fills no memory."""
LONGEST_WHY = 2000
Name = int | str
"""A key's id, where it is known that there is one, or else its digest."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """One post that was refused `at`: by which `source`, with which `status`, and `why`, as it heard it.
    `keys` are values that may be routing keys; which of them are is found out later. `size` is that of its
    whole body, in bytes; of the `body` the beginning is enough. Without a `why` nothing is kept of it, after
    the same work. One that is not `genuine` is not signed as its key demands.
    """

    keys: tuple[str, ...]
    source: str
    status: int
    why: str
    at: datetime
    body: bytes = b""
    size: int | None = None
    over: OverLimit | None = None
    genuine: bool = True


@dataclass
class _Noted:
    """All that was refused of one key since the last round."""

    last: Refusal
    minutes: Counter[datetime] = field(default_factory=Counter)
    over: OverLimit | None = None

    def add(self, refusal: Refusal) -> None:
        self.last = refusal
        self.minutes[refusal.at.replace(second=0, microsecond=0)] += 1
        self.over = refusal.over or self.over


class Notebook:
    """One per process; its thread is started by the first refusal, so that a fork does not lose it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._noted: dict[Name, _Noted] = {}

    def note(self, refusal: Refusal) -> None:
        """Raises nothing."""
        try:
            self._add(refusal)
            self.wake()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the sender is to hear its answer
            log.warning("refusal_not_noted", source=refusal.source, error=repr(fault))

    def _add(self, refusal: Refusal) -> None:
        names: list[Name] = [RoutingKey.digest_of(key) for key in set(refusal.keys) if key]
        if refusal.over is not None:
            names = [refusal.over.key]
        size = len(refusal.body) if refusal.size is None else refusal.size
        refusal = replace(refusal, body=refusal.body[:HEAD], size=size)
        with self._lock:
            for name in names if refusal.why else ():
                if name not in self._noted:
                    if len(self._noted) >= MOST_KEYS and refusal.over is None:
                        continue
                    self._noted[name] = _Noted(refusal)
                self._noted[name].add(refusal)

    def wake(self) -> None:
        self._wanted.set()
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._pid = os.getpid()
                    self._thread = threading.Thread(target=self._run, name="refusals", daemon=True)
                    self._thread.start()
                    atexit.register(self.stop)

    def stop(self, *, seconds: float = STOPS_WITHIN) -> None:
        """Write what is noted still, and no more after that."""
        self._stopping.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def write(self) -> None:
        """What was noted since the last time, to rows."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return
        ids = [name for name in noted if isinstance(name, int)]
        digests = [name for name in noted if isinstance(name, str)]
        live = RoutingKey.objects.filter(revoked_at=None, service__retired_at=None)
        for key in live.filter(Q(pk__in=ids) | Q(digest__in=digests)).select_related("service__policy"):
            names: tuple[Name, ...] = (key.pk, key.digest)
            for name in names:
                if name in noted:
                    _write(key, noted[name])

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            ends = self._stopping.is_set()
            try:
                close_old_connections()
                self.write()
            except Exception as fault:  # noqa: BLE001 - the next refusals are noted all the same
                log.warning("refusals_not_noted", error=repr(fault), effect="what was refused is not shown")
            finally:
                connections.close_all()
            if ends:
                break
            self._stopping.wait(EVERY)


notebook = Notebook()


def note_refusal(refusal: Refusal) -> None:
    """For the page of its key, where it has one. Asks the database nothing, and raises nothing."""
    notebook.note(refusal)


def _write(key: RoutingKey, noted: _Noted) -> None:
    """The alert first, for somebody waits for that."""
    if not noted.last.genuine:
        log.warning("post_not_genuine", routing_key=str(key), source=noted.last.source, why=noted.last.why)
    if noted.over is not None:
        with _apart(key):
            keep_raised(key, limit=noted.over.limit, now=noted.last.at)
    for minute, posts in noted.minutes.items():
        with _apart(key):
            count_refused(key, posts=posts, minute=minute)
    with _apart(key):
        _keep(key, noted.last)


@contextmanager
def _apart(key: RoutingKey) -> Iterator[None]:
    """What fails takes nothing else with it."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001 - as above
        log.warning("refusal_not_noted", routing_key=str(key), error=repr(fault))


def _keep(key: RoutingKey, refusal: Refusal) -> None:
    """As the last one, unless a later one stands there."""
    secrets = (key.key, key.signing_secret)
    said = {
        "at": refusal.at,
        "source": refusal.source[:40],
        "status": refusal.status,
        "why": masked(refusal.why, secrets=secrets)[:LONGEST_WHY],
        "body": readable(refusal.body, secrets=secrets, size=refusal.size),
    }
    of_key = LastPost.objects.filter(key=key, outcome=LastPost.Outcome.REFUSED)
    if not of_key.filter(at__lte=refusal.at).update(**said):
        new = LastPost(key=key, outcome=LastPost.Outcome.REFUSED, **said)
        LastPost.objects.bulk_create([new], ignore_conflicts=True)
