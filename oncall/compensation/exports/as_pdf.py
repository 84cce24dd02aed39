"""Statements on paper, A4, each beginning a page of its own."""

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.enums import Align, TextDirection, XPos, YPos
from fpdf.fonts import TTFFont

from oncall.compensation.exports.items import Item, hours_in_text
from oncall.compensation.exports.sheet import Sheet
from oncall.compensation.exports.wording import hours_and_minutes, money, on_what, short_wall, wall, what

FONTS = Path(__file__).with_name("fonts")
FAMILY = "DejaVu"
NOT_DRAWN = "\N{WHITE VERTICAL RECTANGLE}"
SMALL, BODY, HEAD = 7.5, 9, 16
PAD, LEADING = 1, 3.6
MOST_PAGES = 24  # ids beside one line
GREY, LINE = 95, 205
COLUMNS = (
    ("What", 25),
    ("On", 38),
    ("From", 25),
    ("Until", 25),
    ("Hours", 13),
    ("Rate and proof", 37),
    ("Amount", 23),
)
RIGHT = frozenset({"Hours", "Amount"})
"""Columns of numbers. The widths are millimetres, 186 in all: what A4 has between its margins."""


def sheets_as_pdf(sheets: Sequence[Sheet], *, now: datetime) -> bytes:
    """`now` is when it is printed. A character that the font has not is drawn as ▯, and the page says so."""
    with _paper(now) as paper:
        for sheet in sheets:
            paper.add(sheet)
        if not sheets:
            paper.add_page()
            paper.say("There is no statement.")
        return bytes(paper.output())


@contextmanager
def _paper(now: datetime) -> Iterator["_Paper"]:
    """With the files of its fonts closed again, which the library leaves open."""
    paper = _Paper(now)
    try:
        yield paper
    finally:
        for font in paper.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()


class _Paper(FPDF):
    def __init__(self, now: datetime) -> None:
        super().__init__(format="A4")
        self._foot = ""
        self._left_out = False
        self._seen: dict[tuple[str, str, float], Sequence[str]] = {}
        self.set_margins(12, 14)
        self.set_auto_page_break(auto=True, margin=18)
        self.add_font(FAMILY, "", FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(FAMILY, "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
        font = self.fonts[FAMILY.lower()]
        self._drawn = font.cmap.keys() if isinstance(font, TTFFont) else ()
        self.set_font(FAMILY, size=BODY)
        self.set_creation_date(now)
        self.set_title("Pay for being on call")
        self.set_creator("Watchbill")
        self.set_lang("en")

    def add(self, sheet: Sheet) -> None:
        self.add_page()  # which draws the foot of the page before it
        self._left_out = False
        self._foot = self._drawable(f"{sheet.name} ({sheet.user}), {sheet.month:%B %Y}, {sheet.state}")
        self._head(sheet)
        self._totals(sheet)
        self._lines(sheet)
        self._lieu(sheet)
        self._warnings(sheet)
        if self._left_out:
            self.say(f"{NOT_DRAWN} stands for a character that this page's font does not have. The CSV, JSON "
                     "and XLSX of this statement have it.", size=SMALL)  # fmt: skip

    def say(self, text: str, *, size: float = BODY, bold: bool = False, grey: bool = False) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        self.set_text_color(GREY if grey else 0)
        self.multi_cell(
            0, size * 0.5, self._drawable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align=Align.L
        )
        self.set_text_color(0)
        self.set_font(FAMILY, "", BODY)

    def _head(self, sheet: Sheet) -> None:
        self.say("Pay for being on call", grey=True)
        self.say(f"{sheet.name}, {sheet.month:%B %Y}", size=HEAD, bold=True)
        self.ln(2)
        zone = sheet.zone
        days = f"{sheet.month.day} {sheet.month:%B %Y} to {_day_before(sheet)}"
        for name, value in (
            ("Person", f"{sheet.name} ({sheet.user})"),
            ("Time", f"{days}, by the clock of {zone.key}"),
            ("Plan", ", ".join(sheet.plans) or "none"),
            ("State", sheet.state.capitalize()),
            ("Approved", _done(sheet.approved, zone) or "not yet"),
            ("Locked", _done(sheet.locked, zone) or "not yet"),
            ("Reckoned", wall(sheet.reckoned_at, zone)),
        ):  # fmt: skip
            self.set_text_color(GREY)
            self.cell(24, 5, name)
            self.set_text_color(0)
            self.multi_cell(0, 5, self._drawable(value), new_x=XPos.LMARGIN, new_y=YPos.NEXT, align=Align.L)

    def _totals(self, sheet: Sheet) -> None:
        self.ln(2)
        for total in sheet.totals():
            lieu = hours_and_minutes(total.lieu_minutes)
            also = f", and {lieu} of time in lieu" if lieu else ""
            self.say(f"{money(total.amount, total.currency)}{also}", size=13, bold=True)
        if not sheet.items:
            self.say("Nothing is owed for this month.", size=11)
        self.ln(2)

    def _lines(self, sheet: Sheet) -> None:
        rows = [[head for head, _ in COLUMNS], *(_cells(item, sheet.zone) for item in sheet.items)]
        if len(rows) > 1:
            self._table(rows, [width for _, width in COLUMNS], [head in RIGHT for head, _ in COLUMNS])

    def _lieu(self, sheet: Sheet) -> None:
        earned = [item for item in sheet.items if item.lieu_minutes]
        if earned:
            self._section("Time in lieu")
            rows = [["Earned", "Time off", "To be used before"]]
            for item in earned:
                expires = wall(item.lieu_expires, sheet.zone) if item.lieu_expires else "no end"
                rows.append([wall(item.start, sheet.zone), hours_and_minutes(item.lieu_minutes), expires])
            self._table(rows, [50, 30, 50], [False, True, False])

    def _warnings(self, sheet: Sheet) -> None:
        if sheet.warnings:
            self._section("For whoever approves it")
            for warning in sheet.warnings:
                self.say(f"\N{BULLET} {warning}")

    def _section(self, title: str) -> None:
        self.ln(4)
        self.say(title, size=11, bold=True)
        self.ln(1)

    def _table(self, rows: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[bool]) -> None:
        """The first of `rows` heads each page of it. Drawn by hand: the library's own table measures each
        letter several times, which takes a quarter of a second for one statement.
        """
        self.set_draw_color(LINE)
        drawn = [[self._drawable(cell) for cell in row] for row in rows]
        self._row(drawn[0], widths, right, bold=True)
        for row in drawn[1:]:
            if self.get_y() + self._height(row, widths) > self.page_break_trigger:
                self.add_page()
                self._row(drawn[0], widths, right, bold=True)
            self._row(row, widths, right)
        self.set_font(FAMILY, "", BODY)

    def _row(
        self, cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], *, bold: bool = False
    ) -> None:
        self.set_font(FAMILY, "B" if bold else "", SMALL)
        x, y = self.l_margin, self.get_y()
        for cell, width, at_right in zip(cells, widths, right, strict=True):
            for n, text in enumerate(self._wrapped(cell, width - 2 * PAD)):
                spare = width - 2 * PAD - self._width(text) if at_right else 0
                self.text(x + PAD + spare, y + PAD + (n + 0.75) * LEADING, text)
            x += width
        bottom = y + self._height(cells, widths)
        self.line(self.l_margin, bottom, x, bottom)
        self.set_y(bottom)

    def _height(self, cells: Sequence[str], widths: Sequence[int]) -> float:
        pairs = zip(cells, widths, strict=True)
        return 2 * PAD + LEADING * max(len(self._wrapped(cell, width - 2 * PAD)) for cell, width in pairs)

    def _wrapped(self, text: str, width: float) -> Sequence[str]:
        """In lines of at most `width`; a word that is longer is cut. Many cells say the same."""
        key = (self.font_style, text, width)
        if key not in self._seen:
            self._seen[key] = [text] if self._width(text) <= width else self._cut(text, width)
        return self._seen[key]

    def _cut(self, text: str, width: float) -> list[str]:
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self._width(longer) <= width:
                lines[-1] = longer
                continue
            lines += [""] if lines[-1] else []
            for letter in word:
                if self._width(lines[-1] + letter) > width:
                    lines.append("")
                lines[-1] += letter
        return lines

    def _width(self, text: str) -> float:
        """In millimetres, in the font of now."""
        return self.get_string_width(text)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font(FAMILY, size=SMALL)
        self.set_text_color(GREY)
        self.cell(140, 5, self._cut(self._foot, 138)[0])
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align=Align.R)
        self.set_text_color(0)
        self.set_font(FAMILY, size=BODY)

    def _drawable(self, text: str) -> str:
        """In the order in which it is drawn, left to right, with no character that the font has not."""
        kept = "".join(one if ord(one) in self._drawn or one in "\n " else NOT_DRAWN
                       for one in unicodedata.normalize("NFC", text) if unicodedata.category(one) != "Mn"
                       or ord(one) in self._drawn)  # fmt: skip
        self._left_out |= NOT_DRAWN in kept
        right_to_left = any(unicodedata.bidirectional(one) in {"R", "AL"} for one in kept)
        return BidiParagraph(kept, TextDirection.LTR).get_reordered_string() if right_to_left else kept


def _cells(item: Item, zone: ZoneInfo) -> list[str]:
    proof = [item.rate, item.override, item.because, _pages(item)]
    lasts = item.start < item.end  # what was adjusted has no time
    return [
        what(item),
        on_what(item),
        short_wall(item.start, zone) if lasts else "",
        short_wall(item.end, zone) if lasts else "",
        hours_in_text(item.seconds) if lasts else "",
        "; ".join(part for part in proof if part),
        money(item.amount, item.currency),
    ]


def _pages(item: Item) -> str:
    """“pages #7, #8”: as many as leave the line shorter than a page of paper."""
    if not item.pages:
        return ""
    named = ", ".join(f"#{page}" for page in item.pages[:MOST_PAGES])
    more = len(item.pages) - MOST_PAGES
    also = f" and {more} more, which the CSV, JSON and XLSX name" if more > 0 else ""
    return f"page{'s' if len(item.pages) > 1 else ''} {named}{also}"


def _done(done: tuple[str | None, datetime] | None, zone: ZoneInfo) -> str:
    return f"{done[0] + ', ' if done[0] else ''}{wall(done[1], zone)}" if done else ""


def _day_before(sheet: Sheet) -> str:
    last = sheet.until - timedelta(days=1)
    return f"{last.day} {last:%B %Y}"
