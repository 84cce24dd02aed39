from hypothesis import given
from hypothesis import strategies as st

from escalation.core.hot_call import MOST, Asked, Candidate, whom_to_ring

ANA, BO, MIA = (
    Candidate(user, because, number)
    for user, because, number in [(1, "primary", "+1"), (2, "secondary", "+2"), (3, "manager", "+3")]
)
NOBODY = Asked(None)
people = st.lists(
    st.builds(Candidate, st.integers(1, 6), st.just("on call"), st.sampled_from(["", "+1", "+2"])),
    unique_by=lambda one: one.user,
    max_size=6,
)


def test_the_primary_is_rung_then_the_secondary_then_nobody():
    on_call = [ANA, BO, MIA]
    assert whom_to_ring(on_call, asked=set(), rung=0).ring == ANA
    assert whom_to_ring(on_call, asked={1}, rung=1).ring == BO
    assert whom_to_ring(on_call, asked={1, 2}, rung=2) == NOBODY


def test_who_has_no_verified_number_is_passed_over_and_named():
    mute = Candidate(1, "primary")
    assert whom_to_ring([mute, BO], asked=set(), rung=0) == Asked(BO, (mute,))
    assert whom_to_ring([mute], asked=set(), rung=0) == Asked(None, (mute,))


def test_who_came_on_call_meanwhile_is_rung():
    assert whom_to_ring([MIA, ANA], asked={1}, rung=1).ring == MIA


def test_with_nobody_on_call_nobody_is_rung():
    assert whom_to_ring([], asked=set(), rung=0) == NOBODY


@given(people)
def test_everybody_is_asked_at_most_once_and_few_phones_ring(on_call):
    asked, rung = [], 0
    while True:
        found = whom_to_ring(on_call, asked=set(asked), rung=rung)
        asked += [one.user for one in found.without_number]
        if found.ring is None:
            break
        assert found.ring.number
        asked.append(found.ring.user)
        rung += 1
    assert len(asked) == len(set(asked))
    assert rung == min(MOST, sum(bool(one.number) for one in on_call))
