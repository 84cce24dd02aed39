"""The pictures of a mail come along with it, and are those of the reader's colours."""

from html.parser import HTMLParser
from io import BytesIO

from PIL import Image

from people.models import User
from tests.reports.sample import report
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
