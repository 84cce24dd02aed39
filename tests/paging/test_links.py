from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from paging import links

THEN = datetime(2026, 11, 21, 3, tzinfo=UTC)


def token_of(page_id: int) -> str:
    return links.page_url(page_id).rpartition("/p/")[2]


def test_a_link_opens_the_page_it_was_made_for(settings):
    settings.PUBLIC_URL = "https://watchbill.acme.example"
    url = links.page_url(42)
    assert url.startswith("https://watchbill.acme.example/p/")
    assert links.read_page_token(url.rpartition("/")[2]) == 42


@pytest.mark.parametrize(("age", "opens"), [(-1, True), (0, True), (2, False)])
def test_a_link_expires_after_three_days(age, opens):
    with time_machine.travel(THEN, tick=False):
        token = token_of(42)
    with time_machine.travel(THEN + timedelta(days=3, seconds=age), tick=False):
        if opens:
            assert links.read_page_token(token) == 42
        else:
            with pytest.raises(links.BadLink, match="too old"):
                links.read_page_token(token)


@pytest.mark.parametrize("position", [0, 4, 12, -1])
def test_a_changed_link_opens_nothing(position):
    token = token_of(42)
    changed = "A" if token[position] != "A" else "B"
    with pytest.raises(links.BadLink):
        links.read_page_token(token[:position] + changed + (token[position + 1 :] if position != -1 else ""))


@pytest.mark.parametrize("junk", ["", "42", "..", "42.1.", "é.ü.ß", "\x00", "\ud800", "9" * 5000])
def test_junk_is_a_sentence_and_no_crash(junk):
    with pytest.raises(links.BadLink, match="log in"):
        links.read_page_token(junk)


def test_what_is_kept_of_a_message_opens_nothing():
    url = links.page_url(42)
    kept = links.without_tokens(f"#42 DiskFull\n{url}\nmore")
    assert kept == f"#42 DiskFull\n{url[: url.index('/p/') + 9]}…\nmore"
    with pytest.raises(links.BadLink):
        links.read_page_token(kept.splitlines()[1].rpartition("/")[2].rstrip("…"))


def test_a_link_leaves_room_for_words_in_an_sms(settings):
    settings.PUBLIC_URL = "https://watchbill.acme.example"
    assert len(links.page_url(123_456_789)) <= 80
