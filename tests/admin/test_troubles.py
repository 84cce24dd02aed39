"""What was unwell with the site: read by managers and administrators, written by nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from watchbill.watch.models import Trouble

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
LIST = "/admin/watch/trouble/"


@pytest.fixture
def trouble(db):
    return Trouble.objects.create(
        kind="broker",
        title="Redis does not answer",
        what="The broker does not answer.",
        began_at=NOW,
        found_at=NOW,
        seen_at=NOW,
        told_at=NOW + timedelta(minutes=1),
    )


def test_a_manager_reads_what_is_unwell_since_when_and_whether_people_were_told(trouble, mia):
    for path in (LIST, f"{LIST}{trouble.pk}/change/"):
        page = mia.get(path).content.decode()
        for said in ("Redis does not answer", "The broker does not answer.", "03:00", "03:01"):
            assert said in page


@pytest.mark.parametrize("who", ["mia", "root"])
def test_nobody_writes_it(trouble, request, who):
    browser = request.getfixturevalue(who)
    assert browser.get(f"{LIST}add/").status_code == 403
    assert browser.post(f"{LIST}{trouble.pk}/change/", {"title": "Nothing"}).status_code == 403
    assert browser.post(f"{LIST}{trouble.pk}/delete/", {"post": "yes"}).status_code == 403
    trouble.refresh_from_db()
    assert trouble.title == "Redis does not answer"
