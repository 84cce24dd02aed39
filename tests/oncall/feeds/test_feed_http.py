"""The address itself: what a calendar program that polls it for years relies on."""

import gzip

import pytest
import time_machine
from django.test import Client

from oncall.models import Feed
from people import actions as people
from tests.oncall.feeds.office import DAY, HOUR, NOW, TESTS, WEEK

POLLED = NOW + HOUR


@pytest.fixture
def path(office) -> str:
    return office.address("--schedule", "Checkout")


def poll(office, path, *, at=POLLED, **headers):
    with time_machine.travel(at, tick=False):
        return office.get(path, **headers)


def test_the_answer_is_a_private_calendar_that_no_search_engine_keeps(office, path):
    response = poll(office, path)
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, max-age=300"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Content-Disposition"].startswith("inline; filename")
    assert not response.cookies


def test_the_same_instant_gives_the_same_bytes_and_the_same_strong_etag(office, path):
    first, second = poll(office, path), poll(office, path)
    assert first.content == second.content
    assert first["ETag"] == second["ETag"]
    assert first["ETag"].startswith('"')


def test_the_etag_holds_to_the_next_day_while_no_shift_comes_or_goes(office, path):
    assert poll(office, path)["ETag"] == poll(office, path, at=POLLED + DAY)["ETag"]


def test_the_etag_moves_when_a_shift_comes_into_view(office, path):
    assert poll(office, path)["ETag"] != poll(office, path, at=POLLED + WEEK)["ETag"]


def test_an_unchanged_calendar_is_not_sent_again(office, path):
    first = poll(office, path)
    again = poll(office, path, at=POLLED + DAY, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["X-Robots-Tag"] == "noindex"
    old_program = poll(office, path, at=POLLED + DAY, **{"If-Modified-Since": first["Last-Modified"]})
    assert old_program.status_code == 304


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_a_changed_calendar_is_sent_whole(office, path, header):
    first = poll(office, path)
    known = first["ETag" if header == "If-None-Match" else "Last-Modified"]
    office.override(office.bo, NOW + 2 * HOUR, NOW + 3 * HOUR, now=POLLED + HOUR / 2)
    assert poll(office, path, at=POLLED + HOUR, **{header: known}).status_code == 200


def test_a_program_that_knows_only_dates_hears_of_a_shift_that_comes_into_view(office, path):
    known = poll(office, path)["Last-Modified"]
    assert poll(office, path, at=POLLED + WEEK, **{"If-Modified-Since": known}).status_code == 200


def test_a_program_that_knows_only_dates_hears_of_a_new_name(office, path):
    known = poll(office, path)["Last-Modified"]
    people.change_user(user=office.bo, name="Bo Lind-Ek", by=TESTS, now=POLLED + HOUR)
    answer = poll(office, path, at=POLLED + 2 * HOUR, **{"If-Modified-Since": known})
    assert answer.status_code == 200


def test_a_compressed_answer_is_the_same_calendar_with_an_etag_of_its_own(office, path):
    plain = poll(office, path)
    packed = poll(office, path, **{"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed["ETag"] != plain["ETag"]
    headers = {"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]}
    assert poll(office, path, **headers).status_code == 304


def test_head_answers_like_get_without_a_body(office, path):
    with time_machine.travel(POLLED, tick=False):
        head = Client().head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head["ETag"] == poll(office, path)["ETag"]


METHODS = ["post", "put", "delete"]


def test_nothing_can_be_written_to_a_feed(office, path, subtests):
    for method in METHODS:
        with subtests.test(ascii(method)):
            assert getattr(Client(), method)(path).status_code == 405


UNKNOWN = ["/ical/nobody.ics", "/ical/%00.ics", "/ical/%FF%FE.ics", "/ical/é.ics", f"/ical/{'a' * 5000}.ics"]


def test_an_unknown_address_is_not_found_and_tells_nothing(office, subtests):
    for path in UNKNOWN:
        with subtests.test(ascii(path)):
            response = poll(office, path)
            assert response.status_code == 404
            assert response.content == b"There is no calendar at this address.\n"


def test_a_revoked_address_is_gone_and_the_new_one_answers(office, path):
    new = office.address("--schedule", "Checkout", "--rotate")
    assert poll(office, path).status_code == 410
    assert poll(office, new).status_code == 200


def test_the_address_of_someone_who_left_is_gone(office):
    path = office.address("--user", "ana")
    assert poll(office, path).status_code == 200
    people.deactivate_user(user=office.ana, by=TESTS, now=NOW)
    assert poll(office, path).status_code == 410


def test_the_last_program_to_poll_is_remembered_once_a_minute(office, path):
    for seconds, agent in (
        (0, "Google-Calendar-Importer"),
        (59, "Thunderbird"),
        (60, "iCal/1.0 " + "x" * 300),
    ):
        poll(office, path, at=POLLED + seconds * HOUR / 3600, **{"User-Agent": agent})
        feed = Feed.objects.get()
        if seconds < 60:
            assert (feed.last_fetched_at, feed.last_user_agent) == (POLLED, "Google-Calendar-Importer")
    assert feed.last_fetched_at == POLLED + HOUR / 60
    assert feed.last_user_agent == ("iCal/1.0 " + "x" * 300)[:200]
