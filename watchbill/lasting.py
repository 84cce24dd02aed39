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

    def execute(self, query: Any, *given: Any, **named: Any) -> psycopg.Cursor[Any]:
        """An empty query is how the pool asks (psycopg_pool.ConnectionPool.check_connection)."""
        if query != "":
            return super().execute(query, *given, **named)
        now = monotonic()
        if now - self._asked_at < SECONDS and self._is_silent():
            return self.cursor()
        found = super().execute(query, *given, **named)
        self._asked_at = now
        return found

    def _is_silent(self) -> bool:
        if self.closed:
            return False
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return not poll.poll(0)
