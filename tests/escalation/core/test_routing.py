"""Where events go, held against an oracle that goes through them one by one and remembers everything."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from escalation.core.matching import matches
from escalation.core.routing import Route, abroad, as_sent, first_of, in_the_way, split, takes_all_of

HOME = 1
NAMES = ["a", "b"]
TEXTS = st.text("xy", max_size=3)
PATTERNS = st.text("xy*", min_size=1, max_size=4)
MATCHES = st.dictionaries(st.sampled_from(NAMES), PATTERNS, min_size=1)
LABELS = st.dictionaries(st.sampled_from(NAMES), TEXTS)


@dataclass(frozen=True)
class One:
    action: str
    dedup_key: str
    group_key: str = ""
    whole_group: bool = False
    labels: dict = field(default_factory=dict)


EVENTS = st.builds(
    One,
    st.sampled_from(["trigger", "trigger", "acknowledge", "resolve"]),
    st.sampled_from("klm"),
    st.sampled_from("gh"),
    labels=LABELS,
)
ROUTES = st.lists(st.tuples(MATCHES, st.sampled_from([None, 2, 3])), max_size=4).map(
    lambda made: [Route(id=n, number=n, match=match, to=to) for n, (match, to) in enumerate(made, start=1)]
)
OPEN = st.dictionaries(st.sampled_from("klm"), st.sampled_from([(1,), (2,), (3,), (1, 2)]))


@given(st.lists(EVENTS, max_size=12), ROUTES, OPEN)
def test_every_event_goes_somewhere_and_later_ones_where_the_first_went(events, routes, lies):
    """The oracle: rows of open alerts, one for each place, that every event is applied to in turn."""
    open_alerts = {(key, place) for key, places in lies.items() for place in places}
    order = {key: places[0] for key, places in lies.items()}
    expected = []
    for event in events:
        there = sorted(place for key, place in open_alerts if key == event.dedup_key)
        if event.action == "trigger":
            fits = [one for one in routes if matches(one.match, event.labels)]
            place = order[event.dedup_key] if there else (fits[0].to or HOME) if fits else HOME
            order[event.dedup_key] = place
            open_alerts.add((event.dedup_key, place))
            expected.append((place, event))
        else:
            expected += [(place, event) for place in there or [HOME]]
            if event.action == "resolve":
                open_alerts -= {(event.dedup_key, place) for place in there}
    found = split(events, routes, home=HOME, keys=lies, groups={})
    assert [(place, event) for place, _, event in found] == expected


@given(
    st.lists(EVENTS, max_size=8),
    ROUTES,
    st.dictionaries(st.sampled_from("gh"), st.sets(st.sampled_from([1, 2, 3]))),
)
def test_a_whole_group_goes_wherever_one_of_it_went_and_home_where_none_did(events, routes, grouped):
    events = [event for event in events if event.action == "trigger"]
    over = One("resolve", "", "g", whole_group=True)
    found = list(split([*events, over], routes, home=HOME, keys={}, groups=grouped))
    went = {place for place, _, event in found if event.group_key == "g" and not event.whole_group}
    ended = [place for place, _, event in found if event.whole_group]
    assert ended == sorted(went | set(grouped.get("g", ())) or {HOME})


@given(ROUTES, LABELS)
def test_the_first_rule_that_fits_counts(routes, labels):
    fits = [one for one in routes if matches(one.match, labels)]
    assert first_of(routes, labels) == (fits[0] if fits else None)


@given(MATCHES, MATCHES, LABELS)
def test_what_takes_all_of_another_means_whatever_that_means(earlier, later, labels):
    if takes_all_of(earlier, later) and matches(later, labels):
        assert matches(earlier, labels)


@given(PATTERNS, PATTERNS)
def test_what_does_not_take_all_leaves_something(earlier, later):
    """A text of letters that no pattern has, in the place of each star, tells them apart."""
    witness = {"a": later.replace("*", "~")}
    assert matches({"a": later}, witness)
    if not takes_all_of({"a": earlier}, {"a": later}):
        assert not matches({"a": earlier}, witness)


def test_a_rule_that_can_never_count_is_named_with_the_one_in_its_way():
    wide, narrow = (
        Route(id=1, number=1, match={"a": "x*"}),
        Route(id=2, number=2, match={"a": "xy", "b": "*"}),
    )
    assert in_the_way([wide, narrow], narrow) == wide
    assert in_the_way([wide, narrow], wide) is None
    other = Route(id=3, number=1, match={"b": "y", "a": "x*"})
    assert in_the_way([other, narrow], narrow) is None


KEYS = st.text(st.characters(exclude_characters="\x00"), min_size=1, max_size=300)


@given(KEYS, KEYS, st.sampled_from([90, 255, 512]))
def test_keys_are_told_apart_elsewhere_and_stay_within_bounds(one, other, longest):
    there = abroad(one, origin=12, longest=longest)
    assert len(there) <= longest
    assert there != abroad(one, origin=1, longest=longest)
    assert abroad(there, origin=12, longest=longest) == there
    assert (there == abroad(other, origin=12, longest=longest)) == (one == other)


@given(st.text(min_size=1, max_size=200))
def test_a_key_is_shown_as_it_was_sent(key):
    assert as_sent(abroad(key, origin=7, longest=255), origin=7) == key.removeprefix("routed:7:")
    assert as_sent(key, origin=None) == key


def test_what_has_no_key_has_none_elsewhere():
    assert abroad("", origin=7, longest=255) == ""
