"""The pictures of a mail come along with it, and are those of the reader's colours."""

from html.parser import HTMLParser
from io import BytesIO

from PIL import Image

from people.models import User
from tests.reports.sample import report
from watchbill.reports.charts import Chart, draw
from watchbill.reports.seen import for_reader
from watchbill.reports.writing import mail as writing
from watchbill.reports.writing.mail import mail_of


class Pictures(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = {}
        self.around = {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "div":
            self.around = dict(attrs)
        if tag == "img":
            self.found[dict(attrs)["src"].removeprefix("cid:")] = dict(attrs)["alt"], self.around


def test_pictures_come_along_for_day_and_night_with_their_words():
    mail = mail_of(report(), reader=User(pk=1, username="boss"), address="https://watchbill.example/load/")
    pictures = Pictures(mail.html).found
    assert set(pictures) == set(mail.images)
    assert len(mail.images) == 8
    for cid, picture in mail.images.items():
        words, around = pictures[cid]
        assert len(words) > 40
        with Image.open(BytesIO(picture)) as opened:
            ground = opened.convert("L").getpixel((2, 2))
        if "dark" in cid:
            assert ground < 40
            assert around["class"] == "by-night"
            assert around["style"].startswith("display:none;"), "until the program says that it is dark"
        else:
            assert ground > 240
            assert around["class"] == "by-day"
            assert "display" not in around["style"]
    assert sum(map(len, mail.images.values())) < 300_000


def test_a_picture_that_cannot_be_drawn_costs_the_mail_no_more_than_itself(monkeypatch):
    def fails(report, chart, **how):
        if chart is Chart.KEYS:
            raise ValueError("The library does not like it.")
        return draw(report, chart, **how)

    monkeypatch.setattr(writing, "draw", fails)
    mail = mail_of(report(), reader=User(pk=1, username="boss"), address="https://watchbill.example/load/")
    assert set(Pictures(mail.html).found) == set(mail.images)
    assert len(mail.images) == 6


def test_a_mail_of_ones_own_shifts_shows_no_picture_that_it_does_not_carry():
    seen = for_reader(report(), reader_id=report().shifts[0].user_id, manages=False)
    reader = User(pk=seen.shifts[0].user_id, username="ana")
    mail = mail_of(seen, reader=reader, address="https://watchbill.example/load/")
    assert seen.keys
    assert mail.images
    assert set(Pictures(mail.html).found) == set(mail.images)
