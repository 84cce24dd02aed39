"""What a sender posted, as others may read it."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.core.masking import HEAD, MASK, MOST, SHORTEST, masked, readable

KEY = "0123456789abcdef0123456789abcdef"


def test_the_key_is_masked_wherever_it_stands():
    body = f'{{"routing_key": "{KEY}", "note": "posted by {KEY}", "link": "https://x.example/{KEY}/y"}}'
    assert KEY not in (text := readable(body.encode(), secrets=[KEY]))
    assert text.count(MASK) == 3


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('{"token": "abc def"}', f'{{"token": "{MASK}"}}'),
        ('{"Signature" : "a\\"b", "Type": "x"}', f'{{"Signature" : "{MASK}", "Type": "x"}}'),
        ('{"client_secret":12345,"n":1}', f'{{"client_secret":{MASK},"n":1}}'),
        ('{"token": null, "password": ""}', '{"token": null, "password": ""}'),
        ("api_key=abc&summary=disk", f"api_key={MASK}&summary=disk"),
        ("X-Api-Key: abc\nHost: x", f"X-Api-Key: {MASK}\nHost: x"),
        (
            '{"Message": "{\\"token\\":\\"abc\\",\\"a\\":1}"}',
            f'{{"Message": "{{\\"token\\":\\"{MASK}\\",\\"a\\":1}}"}}',
        ),
        (
            "SubscribeURL=https://x.example/?Token=abc&y=1",
            f"SubscribeURL=https://x.example/?Token={MASK}&y=1",
        ),
        ("Authorization: Bearer abcdefgh.ijk", f"Authorization: {MASK} {MASK}"),
        ("\"curl -H 'bearer abcdefghijk'\"", f"\"curl -H 'bearer {MASK}'\""),
        ('{"token": {"kind": "bucket"}}', '{"token": {"kind": "bucket"}}'),
        ('{"fingerprint": "d9cd7d25bda3be67"}', '{"fingerprint": "d9cd7d25bda3be67"}'),
        ("a\x00b \udc80", "ab ?"),
    ],
)
def test_what_stands_under_the_name_of_a_secret_is_masked(said, shown):
    assert masked(said) == shown


names = st.sampled_from(["token", "signature", "client_secret", "password", "routing_key", "apiKey"])
values = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1).map(
    lambda x: f"Zq{x}Zq"
)


@given(name=names, value=values, others=st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_no_secret_survives_in_json_however_it_is_spelled(name, value, others):
    for ascii_only in (True, False):
        body = json.dumps({**others, name: value}, ensure_ascii=ascii_only)
        assert "Zq" not in masked(body)
        assert "Zq" not in masked(json.dumps({"Message": body}, ensure_ascii=ascii_only))


@given(name=names, value=values)
def test_nor_in_a_form(name, value):
    assert "Zq" not in masked(urlencode({"summary": "disk", name: value, "z": "1"}))


@given(before=st.integers(0, 40), after=st.integers(0, 60))
def test_a_cut_leaves_no_half_of_a_key(before, after):
    text = readable(b"x" * before + KEY.encode() + b"y" * after * 100, secrets=[KEY], most=40)
    assert KEY[: SHORTEST + 1] not in text


@given(before=st.integers(0, 40))
def test_nor_does_one_where_much_was_masked_before_it(before):
    text = readable(b"x" * before + KEY.encode() * 2000, secrets=[KEY])
    assert KEY[: SHORTEST + 1] not in text


def test_what_is_long_is_cut_and_says_so():
    assert readable(b"a" * MOST) == "a" * MOST
    assert readable(b"a" * (MOST + 1)) == "a" * MOST + "\n… cut here: it has 16,385 bytes."
    assert readable(b"a" * HEAD, size=10**6) == "a" * MOST + "\n… cut here: it has 1,000,000 bytes."


@given(st.binary(max_size=300))
def test_whatever_bytes_come_it_is_text_that_can_be_stored(body):
    text = readable(body, secrets=[KEY])
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize(
    "piece", ['"', "\\", "token", 'token"', "token=", '"token":"', "token : ", "a.-", "bearer "]
)
def test_a_hostile_body_takes_no_time(piece):
    """Anything worse than linear would take minutes here."""
    readable((piece * HEAD)[:HEAD].encode(), secrets=[KEY, "x" * 200])
