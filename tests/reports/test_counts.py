"""A shift's counts, beside what somebody counts who looks at each page and each minute by itself."""

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.core.label import Label
from oncall.core.span import Span
from watchbill.reports.core.facts import Carried, Incident, Page
from watchbill.reports.core.hours import Kind
from watchbill.reports.core.shift_load import load_of

EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
MINUTE = timedelta(minutes=1)
FRIDAY = datetime(2026, 3, 27, 9, tzinfo=UTC)  # the clocks of Berlin change on the Sunday after
THREE_DAYS = 3 * 24 * 60
ZONE = ZoneInfo("Europe/Berlin")
CARRIED = Carried(
    schedule="Checkout", role="primary", user=1, span=Span(FRIDAY, FRIDAY + THREE_DAYS * MINUTE), zone=ZONE
)
LABELS = st.sampled_from([None, *Label])
PAGES = st.lists(
    st.tuples(
        st.integers(0, THREE_DAYS - 1), st.integers(0, 5), st.none() | st.integers(0, 30), st.booleans()
    ),
    max_size=20,
)


def kind_of(minute):
    wall = (FRIDAY + minute * MINUTE).astimezone(ZONE)
    if wall.hour in {22, 23, 0, 1, 2, 3, 4, 5, 6, 7}:
        return Kind.SLEEP
    if wall.strftime("%a") in {"Sat", "Sun"}:
        return Kind.FREE
    return Kind.OFF if wall.hour >= 18 else Kind.BUSINESS


@settings(max_examples=EXAMPLES, deadline=None)
@given(rows=PAGES, labels=st.lists(LABELS, min_size=6, max_size=6), data=st.data())
def test_every_page_is_counted_once_in_whatever_order_they_come(rows, labels, data):
    incidents = {
        n: Incident(
            id=n, service="checkout", key=f"key{n % 3}", title="Disk", severity="SEV-2", triggered=FRIDAY,
            label=label,
        )
        for n, label in enumerate(labels)
    }  # fmt: skip
    pages = []
    for n, (minute, incident, after, missed) in enumerate(rows):
        at = FRIDAY + minute * MINUTE
        answered = None if after is None else at + after * MINUTE
        pages.append(Page(id=n, incident=incident, user=1, at=at, answered=answered, missed=missed))
    load = load_of(CARRIED, pages=pages, incidents=incidents, interruptions=[page.at for page in pages])

    about = {incident for _, incident, _, _ in rows}
    assert load.pages == len(rows)
    assert sum(one.pages for one in load.keys) == len(rows)
    assert sum(one.incidents for one in load.keys) == len(load.incidents) == len(about)
    assert load.missed == len([1 for _, _, _, missed in rows if missed])
    assert load.timeouts == len({incident for _, incident, _, missed in rows if missed})
    assert load.labelled == len([1 for one in about if labels[one] is not None])
    nothing = {Label.NOISE, Label.DUPLICATE}
    assert load.not_actionable == len([1 for one in about if labels[one] in nothing])
    assert load.answer_times == sorted(60 * after for _, _, after, _ in rows if after is not None)
    for kind in Kind:
        assert load.interruptions_by_kind.get(kind, 0) == [kind_of(row[0]) for row in rows].count(kind)
        minutes = [kind_of(minute) for minute in range(THREE_DAYS)].count(kind)
        assert load.hours[kind] == minutes * MINUTE

    shuffled = data.draw(st.permutations(pages))
    again = load_of(CARRIED, pages=shuffled, incidents=incidents, interruptions=[one.at for one in shuffled])
    for name in (
        "pages",
        "missed",
        "timeouts",
        "keys",
        "answer_times",
        "undisturbed",
        "interruptions_by_night",
    ):
        assert getattr(again, name) == getattr(load, name), name
    assert {one.id for one in again.incidents} == {one.id for one in load.incidents}
