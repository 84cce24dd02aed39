"""Whose turn it is: fair while people join, leave, and cannot be reached."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from escalation.core.turns import Turns, in_order, key_of

KEY = key_of(12, "responder")
NAMES = ["ana", "bo", "cy", "dee", "eve"]
happenings = st.lists(
    st.one_of(
        st.just(("ask", "")),
        st.tuples(st.sampled_from(["join", "leave", "lost", "found", "repeat"]), st.sampled_from(NAMES)),
    ),
    max_size=60,
)


def everyone(*names, lost=()):
    return {name: name not in lost for name in names}


def asked_by(turns, reached, count):
    return [turns.take(KEY, reached, asked={}).names[0] for _ in range(count)]


def test_new_incidents_ask_one_after_the_other():
    assert asked_by(Turns({}), everyone("cy", "ana", "bo"), 5) == ["ana", "bo", "cy", "ana", "bo"]


def test_the_turn_goes_on_from_whoever_was_last_also_when_they_have_left():
    assert in_order({"ana", "cy"}, after="bo") == ["cy", "ana"]
    assert asked_by(Turns({KEY: "bo"}), everyone("ana", "cy"), 2) == ["cy", "ana"]


def test_one_incident_that_asks_again_goes_on_and_takes_no_turn_of_the_others():
    turns, mine, reached = Turns({}), {}, everyone("ana", "bo", "cy")
    assert [turns.take(KEY, reached, asked=mine).names for _ in range(4)] == [
        ["ana"],
        ["bo"],
        ["cy"],
        ["ana"],
    ]
    assert asked_by(turns, reached, 1) == ["bo"]


def test_who_cannot_be_reached_is_passed_over_and_named():
    turns = Turns({})
    assert turns.take(KEY, everyone("ana", "bo", "cy", lost=["ana", "bo"]), asked={}) == (
        ["cy"],
        ["ana", "bo"],
    )
    assert turns.take(KEY, everyone("ana", "bo"), asked={}) == (["ana"], [])


def test_of_a_list_that_nobody_can_be_reached_of_all_are_named_and_no_turn_is_taken():
    turns, mine = Turns({KEY: "ana"}), {}
    assert turns.take(KEY, everyone("ana", "bo", lost=["ana", "bo"]), asked=mine) == (["bo", "ana"], [])
    assert (turns.moved, mine) == ({}, {})


def test_an_empty_list_asks_nobody():
    assert Turns({}).take(KEY, {}, asked={}) == ([], [])


def test_looking_takes_no_turn():
    turns = Turns({KEY: "ana"})
    assert turns.everybody(KEY, everyone("ana", "bo")).names == ["bo", "ana"]
    assert turns.moved == {}


class Team:
    """Who is there, who can be reached, and the dumb count: by person, how often each of those who stayed all
    the while was asked since that person was.
    """

    def __init__(self):
        self.members, self.lost = {"ana", "bo", "cy"}, set()
        self.since: dict[str, Counter] = {}

    @property
    def there(self):
        return self.members - self.lost

    def happen(self, what, name):
        change = {
            "join": self.members.add,
            "leave": self.members.discard,
            "lost": self.lost.add,
            "found": self.lost.discard,
        }
        change[what](name)
        kept = {one: counted for one, counted in self.since.items() if one in self.there}
        self.since = {
            one: Counter({other: counted[other] for other in counted if other in self.there})
            for one, counted in kept.items()
        }

    def is_asked(self, name):
        assert name in self.there
        assert set(self.since.pop(name, Counter()).values()) <= {1}
        for counted in self.since.values():
            if name in counted:
                counted[name] += 1
        self.since[name] = Counter(dict.fromkeys(self.there - {name}, 0))


@given(happenings)
def test_between_two_turns_of_one_person_everybody_who_stayed_has_exactly_one(story):
    team, last, incidents = Team(), {}, []
    for what, name in story:
        if what not in {"ask", "repeat"}:
            team.happen(what, name)
            continue
        turns = Turns(last)  # as every transaction reads it anew
        reached = everyone(*team.members, lost=team.lost)
        again = what == "repeat" and bool(incidents)
        mine = incidents[len(name) % len(incidents)] if again else {}
        names, _ = turns.take(KEY, reached, asked=mine)
        assert not (again and turns.moved)
        if team.there and not again:
            team.is_asked(names[0])
            incidents.append(mine)
            last |= turns.moved


@given(st.sets(st.sampled_from(NAMES), min_size=1), st.text("abcde", max_size=3), st.integers(1, 40))
def test_while_nobody_joins_or_leaves_nobody_is_asked_twice_as_one_is_asked_not_at_all(names, last, count):
    asked = Counter(asked_by(Turns({KEY: last}), everyone(*names), count))
    counts = [asked[name] for name in names]
    assert max(counts) - min(counts) <= 1
