"""The mail of a report: its verdicts first, then what to do, and no number but the report's."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from people.models import User
from tests.reports.sample import A_DAY, MONDAY, load, page, report, shift
from tests.reports.test_charts import HOSTILE, hostile, many_keys, many_shifts, none, one_shift
from watchbill.reports.seen import for_reader
from watchbill.reports.writing.mail import mail_of

ADDRESS = "https://watchbill.example/load/reports/5d0c8f0e-9df1-4d0c-8d6b-0a3c1e0f7b11/"


def user(name):
    return User(pk=sum(map(ord, name)), username=name)


A_PICTURE = b"\x89PNG\r\n"


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    """These are about words; tests/reports/test_mail_pictures.py looks at the pictures."""
    monkeypatch.setattr("watchbill.reports.writing.mail.draw", lambda *_, **__: A_PICTURE)


BOSS, ANA, BO, CY = map(user, ("boss", "ana", "bo", "cy"))


def week(**more):
    return report(zone="UTC", **more)


def mailed(found, reader=BOSS):
    return mail_of(found, reader=reader, address=ADDRESS)


def own(reader, found=None):
    return mailed(for_reader(found or week(), reader_id=reader.pk, manages=False), reader)


PLAIN = frozenset(
    {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "h1", "h2", "p", "a",
     "bdi", "ol", "ul", "li", "img", "span"}
)  # fmt: skip


class Read(HTMLParser):
    """What a mail program makes of it."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words, self._in_style = [], [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self._in_style = tag == "style"
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        if not self._in_style and data.strip():
            self.words.append(" ".join(data.split()))

    def values(self, attribute):
        return [value for _, name, value in self.attributes if name == attribute]

    @property
    def text(self):
        return " ".join(self.words)


def test_the_subject_says_how_it_was():
    assert mailed(week()).subject == "Shop: 1 red shift of 4, 10 pages, 3 by night (2 to 8 June)"
    green = [row for row in week().shifts if row.verdict == "green"]
    assert mailed(week(shifts=green)).subject.startswith("Shop: all 2 shifts green, 10 pages")
    assert own(ANA).subject == "Shop: your shift was red, 7 pages, 3 by night (2 to 8 June)"


def test_verdicts_come_first_the_worst_before_others_and_then_what_to_do():
    mail = mailed(week())
    for said in (" ".join(mail.text.split()), Read(mail.html).text):
        places = [
            said.lower().index(words.lower())
            for words in (
                "1 red shift of 4", "Ana, Shop, primary", "3 interruptions in sleep hours within 7 nights",
                "Bo, Shop, primary", "The other 2 shifts were green.", "What to do",
                "5 of 7 incidents resolved by themselves. Let it", "7 pages (70 %)",
            )
        ]  # fmt: skip
        assert places == sorted(places)


def numbers(part):
    """Every number that it holds, however deep."""
    if isinstance(part, dict):
        return set().union(*map(numbers, part.values()))
    if isinstance(part, list | tuple):
        return set().union(*map(numbers, part))
    return {int(part)} if isinstance(part, int | float) else set()


def unmistakable():
    """The week with counts that are like no other number of it."""
    found = week()
    count = iter(range(20011, 90000, 37))

    def other(row, *names):
        return row.model_copy(update={name: next(count) for name in names})

    counts = ("pages", "sleep_interruptions")
    people = [
        row.model_copy(
            update={"loads": [other(one, "sleep_interruptions", "nights", "weekends") for one in row.loads]}
        )
        for row in found.people
    ]
    keys = ("pages", "wakes", "incidents", "resolved_themselves", "labelled", "not_actionable")
    totals = ("pages", "pages_beside", "interruptions", "sleep_interruptions", "incidents", "labelled")
    return found.model_copy(
        update={
            "shifts": [other(row, *counts) for row in found.shifts],
            "keys": [other(row, *keys) for row in found.keys],
            "people": people,
            "totals": other(found.totals, *totals, "not_actionable"),
            "trend": other(found.trend, "shifts", "over_budget"),
        }
    )


def test_every_number_of_the_mail_is_the_reports():
    found = unmistakable()
    mail = mailed(found)
    known = numbers(found.model_dump())
    html = Read(mail.html)
    for said in (mail.text, html.text, *html.values("alt")):
        seen = {int(one) for one in re.findall(r"(?<![\w-])\d{5}(?![\w-])", said)}
        assert seen
        assert seen <= known
    for said in (mail.text, html.text):
        seen = {int(one) for one in re.findall(r"\b\d{5}\b", said)}
        wanted = [row for row in found.shifts if row.verdict != "green"]
        assert {row.pages for row in wanted} | {row.sleep_interruptions for row in wanted} <= seen
        assert {row.pages for row in found.keys} | {row.wakes for row in found.keys} <= seen
        assert {one.sleep_interruptions for row in found.people for one in row.loads} <= seen
        many = found.totals
        assert {many.pages, many.pages_beside, many.interruptions, many.incidents, many.labelled} <= seen
        assert "482.00" in said


def test_each_row_leads_to_the_report_and_nothing_leads_elsewhere():
    html = Read(mailed(week()).html)
    links = html.values("href")
    assert {link.partition("#")[0] for link in links} == {ADDRESS}
    rows = (
        len([row for row in week().shifts if row.verdict != "green"]) + len(week().keys) + len(week().people)
    )
    assert len(links) == rows + 2
    assert set(html.tags) <= PLAIN
    assert ADDRESS in mailed(week()).text


@pytest.mark.parametrize("made", [none, one_shift, many_shifts, many_keys, hostile])
def test_whatever_the_report_is_like_the_mail_is_whole(made):
    found = made()
    for mail in (mailed(found), own(BO, found)):
        html = Read(mail.html)
        assert html.tags.count("h1") == 1
        assert not {"script", "iframe", "object", "form", "link"} & set(html.tags)
        assert not [name for _, name, _ in html.attributes if name.startswith("on")]
        assert len(mail.subject) < 160
        assert mail.subject.isprintable()
        assert len(mail.html) < 90_000, "some programs cut what is longer than 100 KB"
        for said in (mail.subject, mail.text, mail.html):
            assert "\u202e" not in said
            assert "W" * 61 not in said


def test_a_hostile_name_stays_a_name():
    mail = mailed(hostile())
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mail.html
    assert "{{7*7}}" in mail.html, "not reckoned"
    assert HOSTILE[:25] in mail.text, "as it is: plain text has no tags"


def test_of_many_noisy_shifts_the_first_are_told_and_the_others_counted():
    mail = mailed(many_shifts())
    said = " ".join(mail.text.split())
    assert said.count("* RED: U") == 6
    assert "127 more shifts (red and amber): see the report. The other 67 shifts were green." in said
    assert len(mail.text.splitlines()) < 80


def test_a_quiet_week_says_so_and_is_short():
    green = [row.model_copy(update={"verdict": "green", "pages": 0, "reasons": []}) for row in week().shifts]
    many = week().totals.model_copy(
        update={"pages": 0, "red": 0, "amber": 0, "green": 4, "sleep_interruptions": 0}
    )
    quiet = week(shifts=green, totals=many, pages=[], keys=[])
    mail = mailed(quiet)
    assert mail.subject == "Shop: quiet, no pages (2 to 8 June)"
    assert mail.images == {}
    assert "Shop, 2 to 8 June: 4 shifts, all green." in mail.text
    assert len(mail.text.splitlines()) < 8
    theirs = own(CY, quiet)
    assert theirs.subject == "Shop: quiet, nothing paged you (2 to 8 June)"
    assert "You carried one shift, green." in theirs.text
    assert "10 pages" not in theirs.text


def test_an_engineer_whom_nothing_paged_hears_how_the_team_fared():
    mail = own(CY)
    assert mail.subject == "Shop: quiet, nothing paged you (2 to 8 June)"
    said = " ".join(mail.text.split())
    assert "You carried one shift, green." in said
    assert "The team: 4 shifts, 1 red and 1 amber; 10 pages, 3 interruptions by night." in said


def test_an_engineer_reads_of_themselves_and_of_nobody_elses_money():
    mail = own(BO)
    said = f"{mail.subject} {mail.text} {mail.html}"
    assert not re.search(r"\b(Ana|Cy|Dee)\b", said)
    assert "482.00" not in said
    assert "90.00" not in said
    assert "120.50" in mail.text, "their own"
    assert "3 pages for a budget of 2" in mail.text


def test_one_shift_is_told_to_whoever_carried_it():
    row = shift(
        0, "ana", verdict="red", sentence="Red: 3 interruptions in one night", pages=7, wakes=3, missed=1
    )
    found = week(shifts=[row], since=row.start, until=row.end)
    mail = own(ANA, found)
    assert mail.subject == "Your shift at Shop: red, 7 pages, 3 by night (2 to 3 June)"
    for words in (
        "YOUR SHIFT WAS RED", "3 interruptions in one night", "Nights interrupted: 1 of 1",
        "Longest sleep undisturbed: 2 h 30 min", "Not answered in time: 1 page", "DiskFull",
    ):  # fmt: skip
        assert words in mail.text
    assert "People" not in mail.text
    assert "CheckoutSlow" not in mail.text, "an alert of somebody else's"
    said = " ".join(mail.text.split())
    assert "What to do - DiskFull{cluster=eu1} of storage: 5 of 7 incidents resolved by themselves." in said
    assert "labelled" not in said, "all are"


def test_whoever_left_incidents_unlabelled_is_asked_after_the_shift():
    row = shift(0, "ana", pages=7, labelled=1)
    said = " ".join(own(ANA, week(shifts=[row], since=row.start, until=row.end)).text.split())
    assert "1 of 7 incidents is labelled. Say of the others whether they needed you" in said


def test_somebody_paged_beside_their_shifts_is_not_told_of_quiet():
    found = week(pages=[page(9, 0, "cy", 12, shift=None)])
    assert own(CY, found).subject.startswith("Shop: your shift was green, 0 pages")
    nobody = week(shifts=week().shifts[:2], pages=[page(9, 0, "cy", 12, shift=None)])
    assert own(CY, nobody).subject == "Shop: paged outside your shifts (2 to 8 June)"


def test_what_to_do_follows_from_what_was_counted():
    row = week().keys[0]
    calm = {"resolved_themselves": 0, "labelled": 0, "not_actionable": 0, "flapping": False, "wakes": 0}

    def told(**more):
        return " ".join(mailed(week(keys=[row.model_copy(update=calm | more)], people=[])).text.split())

    assert "resolved by themselves. Let it wait longer" in told(resolved_themselves=4)
    assert "resolved by themselves. Let it wait longer" not in told(resolved_themselves=3), "not most of 7"
    assert "5 of 6 labelled needed no action. Lower its urgency" in told(labelled=6, not_actionable=5)
    assert "it comes and goes" in told(flapping=True)
    assert "2 wakes. Ask whether it must wake anybody" in told(wakes=2)
    assert "DiskFull{cluster=eu1} of storage:" not in told()
    assert "Mend what pages before you build what is new." in told()


def test_whoever_was_woken_more_than_their_share_is_named_to_their_manager():
    ana = week().people[0]
    mail = mailed(week(people=[ana.model_copy(update={"loads": [load(90, 12, 8.0, "amber")]})]))
    assert "Ana was woken 12 times in 90 days, where 8.0 would be a fair share." in " ".join(
        mail.text.split()
    )
    fair = mailed(week(people=[ana.model_copy(update={"loads": [load(90, 8, 8.0, "red")]})]))
    assert "was woken" not in fair.text, "red for hours on call, not for nights"


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (MONDAY, MONDAY + 7 * A_DAY, "2 to 8 June"),
        (MONDAY, MONDAY + A_DAY, "2 June"),
        (MONDAY - 7 * A_DAY, MONDAY, "26 May to 1 June"),
        (MONDAY, MONDAY + A_DAY + timedelta(hours=1), "2 to 3 June"),
        (MONDAY - 160 * A_DAY, MONDAY - 150 * A_DAY, "24 December 2024 to 2 January 2025"),
        (MONDAY - 365 * A_DAY, MONDAY - 358 * A_DAY, "2 to 8 June 2024"),
    ],
)
def test_the_time_is_said_by_its_first_day_and_its_last(since, until, said):
    assert mailed(week(since=since, until=until)).subject.endswith(f"({said})")


def test_what_could_not_be_counted_is_said():
    mail = mailed(week(faults=["The pay of Bo could not be reckoned."]))
    assert "Not counted\n- The pay of Bo could not be reckoned." in mail.text
    assert "The pay of Bo could not be reckoned." in Read(mail.html).text
