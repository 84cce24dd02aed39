import pytest

from watchbill.provisioning.faults import DocumentFaults
from watchbill.provisioning.reading import LARGEST, read


def faults(source):
    with pytest.raises(DocumentFaults) as refused:
        read(source)
    return [str(fault) for fault in refused.value.faults]


def test_yaml_1_2_leaves_norway_and_times_as_text():
    text = "a: NO\nb: 23:00\nc: 2025-01-06\nd: 2025-01-06T10:00\ne: yes\nf: 1_000"
    assert read(text).data == {
        "a": "NO",
        "b": "23:00",
        "c": "2025-01-06",
        "d": "2025-01-06T10:00",
        "e": "yes",
        "f": "1_000",
    }


def test_numbers_constants_and_quotes():
    text = 'a: 1\nb: -1.5\nc: true\nd: null\ne: "1"\nf: ~\ng: !!str 1\nh: 1e400'
    assert read(text).data == {
        "a": 1,
        "b": -1.5,
        "c": True,
        "d": None,
        "e": "1",
        "f": None,
        "g": "1",
        "h": "1e400",
    }


def test_every_part_knows_its_line():
    reading = read("users:\n  - username: ana\n    name: Ana\n")
    assert reading.line_of(("users", 0, "name")) == 3
    assert reading.line_of(("users", 0, "phone")) == 2


def test_an_alias_says_the_same_again():
    assert read("a: &days [mon]\nb: *days").data == {"a": ["mon"], "b": ["mon"]}


@pytest.mark.parametrize("source", ["", "- a", "text", "1", "null"])
def test_a_document_is_a_mapping(source):
    assert faults(source) == ["The document is not a mapping; begin it with “version: 1”."]


@pytest.mark.parametrize(
    "source", ["a: [", "a: b: c", "\t- a", "a: *nobody", "a: 1\n---\nb: 2", "a: \x00", '"']
)
def test_what_is_not_yaml_is_said_in_one_sentence(source):
    [said] = faults(source)
    assert said.startswith("This is not YAML")


def test_every_key_that_stands_twice_is_said_with_both_lines():
    assert faults("a: 1\nb:\n  c: 1\n  c: 2\na: 2\n") == [
        "b.c (line 4): This key stands here twice, first on line 3; keep one.",
        "a (line 5): This key stands here twice, first on line 1; keep one.",
    ]


def test_an_alias_that_contains_itself_is_refused():
    assert faults("a: &x\n  b: *x") == ["a.b (line 1): This alias contains itself; write the part out."]


def test_aliases_that_multiply_are_refused():
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9)]
    [said] = faults("\n".join(lines))
    assert "parts; split it" in said


def test_what_is_nested_too_deeply_is_refused():
    [said] = faults("a: " + "{a: " * 5_000)
    assert "nested too deeply" in said


def test_five_megabytes_are_refused_unread():
    [said] = faults(b"a: " + b"x" * 5_000_000)
    assert said == f"The document has 5,000,003 bytes; at most {LARGEST:,} are read."


def test_nul_and_half_characters_are_refused_where_they_stand():
    assert faults('a: "x\\0y"\nb: "\\ud800"') == [
        "a (line 1): This text has a NUL character in it; take it out.",
        "b (line 2): This text has half a surrogate pair in it; write the character itself.",
    ]


def test_bytes_that_are_not_utf_8_are_refused_with_their_line():
    assert faults(b"a: 1\nb: \xff") == ["The document is not UTF-8 text; save it as UTF-8. (line 2)"]


def test_a_tag_of_somebody_else_is_refused():
    [said] = faults("a: !!python/object x\nb: 1")
    assert said.startswith("a (line 1): The tag")
