"""Who sends alerts and who answers pages: they do it as real ones do, and again where nobody answered."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from time import time
from urllib.parse import urlencode

from tests.chaos.organisation import Service
from tests.processes.tree import fetch

AGAIN = 0.5  # seconds between two tries
AT_ONCE = 24  # requests
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Incident:
    """One alert, and what became of it, in seconds since the epoch. `end`: "" where nobody does anything,
    "acknowledged" by whoever gets the first mail, "resolved" by its source `ends_after` seconds. `taken_by`
    and `ended_by` are the addresses of the webs that said yes.
    """

    title: str
    service: Service
    fault: str
    posts_at: float
    end: str = ""
    ends_after: float = 0
    accepted_at: float = 0
    ended_at: float = 0
    posts: int = 0
    answers: int = 0
    taken_by: str = ""
    ended_by: str = ""


class Errands:
    """Things to do at a time, many at once. They are done again until they say that they are done."""

    def __init__(self):
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._heap = []
        self._order = count()
        self._more = threading.Condition()
        self._open = 0
        self._ending = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        with self._more:
            self._ending = True
            self._more.notify_all()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    @property
    def left(self):
        with self._more:
            return self._open

    def at(self, when, errand):
        with self._more:
            self._open += 1
            heappush(self._heap, (when, next(self._order), errand))
            self._more.notify_all()

    def _run(self):
        with self._more:
            while not self._ending:
                pause = self._heap[0][0] - time() if self._heap else None
                if pause is None or pause > 0:
                    self._more.wait(pause)
                else:
                    self._pool.submit(self._do, heappop(self._heap)[2])

    def _do(self, errand):
        done = errand()
        with self._more:
            self._open -= 1
            if not done and not self._ending:
                self._open += 1
                heappush(self._heap, (time() + AGAIN, next(self._order), errand))
            self._more.notify_all()


class Source:
    """Posts to one web after another, so that one of them being away costs a try. Answers go to another web
    than the one that took the alert, where there is one and it is there.
    """

    def __init__(self, urls, errands):
        self.urls = urls
        self._errands = errands
        self._turns = count()

    def send(self, incident):
        self._errands.at(incident.posts_at, lambda: self._trigger(incident))

    def acknowledge(self, incident, link):
        """By the link of a message."""
        self._errands.at(time(), lambda: self._press(incident, link))

    def _trigger(self, incident):
        incident.posts += 1
        url = self._url()
        if self._event(url, incident, "trigger") != 202:
            return False
        incident.accepted_at, incident.taken_by = time(), url
        if incident.end == "resolved":
            self._errands.at(time() + incident.ends_after, lambda: self._resolve(incident))
        return True

    def _resolve(self, incident):
        url = self._elsewhere(incident)
        if self._event(url, incident, "resolve") != 202:
            return False
        incident.ended_at, incident.ended_by = time(), url
        return True

    def _press(self, incident, link):
        url = self._elsewhere(incident)
        if fetch(url + link, urlencode({"action": "acknowledge"}).encode(), **FORM)[0] != 200:
            return False
        incident.ended_at, incident.ended_by = time(), url
        return True

    def _event(self, url, incident, action):
        body = {
            "routing_key": incident.service.key,
            "event_action": action,
            "dedup_key": incident.title,
            "payload": {"summary": incident.title, "source": "chaos", "severity": "critical"},
        }
        return fetch(url + "/v2/enqueue", json.dumps(body).encode())[0]

    def _url(self):
        urls = self.urls
        return urls[next(self._turns) % len(urls)]

    def _elsewhere(self, incident):
        incident.answers += 1
        url = self._url()
        return self._url() if incident.answers == 1 and url == incident.taken_by else url
