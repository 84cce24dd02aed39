"""A connection to PostgreSQL of which a pool does not ask the server each time whether it is there."""

import select
from time import monotonic
from typing import Any

import psycopg

SECONDS = 1.0


class Lasting(psycopg.Connection[Any]):
    """One that was asked less than a second ago is believed while its server is silent: a session that was
    ended, and a peer that is dead, can be heard of before anything is asked.
    """

    _asked_at = 0.0
    _answer: psycopg.Cursor[Any] | None = None
    _poll: "select.poll | None" = None

    def execute(self, query: Any, *given: Any, **named: Any) -> psycopg.Cursor[Any]:
        """An empty query is how the pool asks (psycopg_pool.ConnectionPool.check_connection)."""
        if query != "":
            return super().execute(query, *given, **named)
        now = monotonic()
        if self._answer is not None and now - self._asked_at < SECONDS and self._is_silent():
            return self._answer
        self._answer = super().execute(query, *given, **named)
        self._asked_at = now
        return self._answer

    def _is_silent(self) -> bool:
        if self.closed:
            return False
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(self.fileno(), select.POLLIN)
        return not self._poll.poll(0)
