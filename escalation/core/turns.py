"""Whose turn it is in a list of which one person is asked at a time.

A new incident asks the one after whom the last new incident asked, by username; what asks again about the
same incident goes on from whom that one asked last, and takes no turn of the others. Between two turns of one
person everybody else of the list has one, however many join and leave meanwhile.
"""

from collections.abc import Collection, Mapping, MutableMapping
from typing import NamedTuple

Key = str
"""A list: the id of the team and the role, as in “12:responder”; an empty role is the whole team."""


class Choice(NamedTuple):
    """Whom to ask, by username, and who came before them and cannot be reached."""

    names: list[str]
    passed_over: list[str]


def key_of(team: int, role: str) -> Key:
    return f"{team}:{role}"


def in_order(names: Collection[str], *, after: str) -> list[str]:
    """Everybody once: those who come after `after`, who need not be one of them, and then from the first."""
    ordered = sorted(names)
    return [name for name in ordered if name > after] + [name for name in ordered if name <= after]


class Turns:
    """`last`: by list, whom a new incident asked last. What moves is in `moved`."""

    def __init__(self, last: Mapping[Key, str]) -> None:
        self._last = dict(last)
        self.moved: dict[Key, str] = {}

    def everybody(self, key: Key, reached: Mapping[str, bool]) -> Choice:
        """All of the list, in the order in which new incidents would ask them. Nobody's turn is taken."""
        return Choice(in_order(reached, after=self._last.get(key, "")), [])

    def take(self, key: Key, reached: Mapping[str, bool], *, asked: MutableMapping[Key, str]) -> Choice:
        """The next who can be reached (`reached`, by name). `asked`: by list, whom this incident asked last;
        it learns of it. Of a list that nobody can be reached of, all, and it is nobody's turn.
        """
        order = in_order(reached, after=asked.get(key) or self._last.get(key, ""))
        place = next((place for place, name in enumerate(order) if reached[name]), None)
        if place is None:
            return Choice(order, [])
        if key not in asked:
            self._last[key] = self.moved[key] = order[place]
        asked[key] = order[place]
        return Choice([order[place]], order[:place])
