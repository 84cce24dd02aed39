from hypothesis import given, settings
from hypothesis import strategies as st

from watchbill.provisioning.reading import read
from watchbill.provisioning.writing import write

# What a document can say: no surrogates and no NUL, which are refused when read.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
WORDS = st.one_of(
    TEXT, st.sampled_from(["NO", "on", "09:00", "1:30", "2025-01-06", "2025-13-45", "~", "1e3", "0x1F", "="])
)
SCALARS = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(0, 1e6))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,12}", fullmatch=True), TREES, min_size=1, max_size=4))
def test_whatever_is_written_is_read_back(document):
    assert read(write(document)).data == document


def test_short_parts_stand_on_one_line_and_long_ones_do_not():
    long = [{"name": "x" * 60, "reason": "y" * 60, "more": "z" * 60}]
    assert write({"steps": [{"a": 1, "b": [1, 2]}], "long": long}) == (
        "steps:\n  - {a: 1, b: [1, 2]}\n\n"
        f"long:\n  - name: {'x' * 60}\n    reason: {'y' * 60}\n    more: {'z' * 60}\n"
    )


def test_words_that_an_older_reader_takes_for_something_else_are_quoted():
    assert write({"a": {"country": "NO", "at": "09:00", "day": "2025-01-06"}}) == (
        'a: {country: "NO", at: "09:00", day: 2025-01-06}\n'
    )
