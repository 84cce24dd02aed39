"""Statements about an event, asked for several at once where several come at once. On PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import orjson

from people import prepared
from people.prepared import Statement
from people.together import Together

MOST = 16
SMALL = 32_768
"""Bytes of an event that does not hold up others."""
PATIENCE = "100ms"
"""How long several wait for a lock. It may be that only one of them needs what somebody holds for long: each
waits for itself then.
"""
_turns = count(1)

Row = Sequence[Any]


def events(fields: str) -> str:
    """SQL for the events that are asked about, as a relation: `fields` with their types. Of how many of them
    there may be the planner has no other notion, and says a hundred.
    """
    return f"""
    SELECT row.*
    FROM (
        SELECT CASE WHEN %(patience)s <> '' THEN set_config('lock_timeout', %(patience)s, true) END
    ) AS patience,
         jsonb_to_recordset(%(events)s::jsonb) AS row (turn bigint, {fields})
    LIMIT {MOST}
    """  # noqa: S608


@dataclass(frozen=True)
class One:
    """An event and what is asked about it at `now`, by the names of the statement's fields. Raises TypeError
    for what orjson does not write.
    """

    said: Mapping[str, Any]
    now: datetime
    turn: int = field(default_factory=_turns.__next__)
    text: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", orjson.dumps({**self.said, "turn": self.turn}))


class Batched:
    """A `statement` about `events`, whose rows begin with the turn of the event that each is about. What else
    it needs to know says `common`, of the latest moment at which one of them came.
    """

    def __init__(self, statement: Statement, common: Callable[[datetime], Mapping[str, Any]]) -> None:
        self._statement, self._common = statement, common
        self._together = Together(self._asked, most=MOST)

    def ask(self, one: One) -> tuple[Row | None, datetime]:
        """The row about it, if there is one, and of which moment `common` spoke."""
        if len(one.text) > SMALL or not prepared.stands_alone():
            return self._asked([one])[0]
        return self._together.ask(one)

    def _asked(self, ones: Sequence[One]) -> Sequence[tuple[Row | None, datetime]]:
        now = max(one.now for one in ones)
        text = b"[" + b",".join(one.text for one in ones) + b"]"
        values = {"events": text.decode(), "patience": PATIENCE if len(ones) > 1 else ""}
        rows = self._statement.all({**self._common(now), **values})
        if len(ones) > 1:  # read here: until the others are awake, this connection may have been closed
            rows = [row[:] for row in rows]
        found = {row[0]: row for row in rows}
        return [(found.get(one.turn), now) for one in ones]
