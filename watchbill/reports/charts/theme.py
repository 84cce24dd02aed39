"""How every chart looks: sizes for a phone, colours for day and night, and the frame of title and ground."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.reports.core.thresholds import Said

Spec = dict[str, Any]
"""A chart in Vega-Lite's words, or a part of one."""

WIDTH = 480
"""Pixels, with the padding: shown on a phone it is drawn at three quarters, and letters stay readable."""
PADDING = 14
TITLE, TEXT, SMALL = 16, 14, 12.5
LINE = 44
"""Characters of a title in a line."""
FONT = "DejaVu Sans Condensed, DejaVu Sans, sans-serif"
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, kw_only=True)
class Theme:
    """Red, amber and green differ in lightness, too; `bar` and `night` are of no verdict."""

    ground: str
    ink: str
    soft: str
    line: str
    empty: str
    bar: str
    night: str
    verdict: Mapping[Said, str]


LIGHT = Theme(
    ground="#ffffff", ink="#16191f", soft="#5a6372", line="#dde1e7", empty="#e8ebf0", bar="#6f9be0",
    night="#1c3f86", verdict={"red": "#b3261e", "amber": "#e8a33d", "green": "#3c9a78"},
)  # fmt: skip
DARK = Theme(
    ground="#181c22", ink="#e8eaee", soft="#a9b2bf", line="#3a424d", empty="#232932", bar="#4f7fcb",
    night="#c4dbff", verdict={"red": "#ff7a6e", "amber": "#f5c26b", "green": "#4fae8a"},
)  # fmt: skip


def framed(theme: Theme, title: str, subtitle: Sequence[str], spec: Spec) -> Spec:
    """`spec` with what all charts have. Its size is for what is inside; the title adds to the height."""
    return {
        "$schema": SCHEMA,
        "width": WIDTH,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": PADDING,
        "background": theme.ground,
        "title": {
            "text": _lines(title),
            "subtitle": [line for one in subtitle for line in _lines(one, LINE + 21)],
        },
        "config": _config(theme),
    } | spec


def empty(theme: Theme, title: str, words: str) -> Spec:
    """A chart of nothing says so."""
    text = {"type": "text", "align": "left", "baseline": "middle", "fontSize": TEXT, "color": theme.soft}
    return framed(
        theme,
        title,
        [],
        {
            "height": 44,
            "data": {"values": [{"words": words}]},
            "mark": text,
            "encoding": {"x": {"value": 0}, "text": {"field": "words"}},
        },
    )


def _lines(text: str, long: int = LINE) -> list[str]:
    return textwrap.wrap(text, long, max_lines=3, placeholder=" …")


def _config(theme: Theme) -> Spec:
    return {
        "aria": False,  # what is seen is said by the text beside the picture
        "font": FONT,
        "view": {"stroke": None},
        "text": {"color": theme.ink, "fontSize": TEXT},
        "title": {
            "anchor": "start", "frame": "bounds", "offset": 14, "font": FONT, "fontSize": TITLE,
            "fontWeight": "bold", "color": theme.ink, "subtitleFont": FONT, "subtitleFontSize": SMALL,
            "subtitleColor": theme.soft, "subtitlePadding": 6, "lineHeight": 20, "subtitleLineHeight": 17,
        },
        "axis": {
            "labelFontSize": SMALL, "labelColor": theme.soft, "title": None, "domainColor": theme.line,
            "tickColor": theme.line, "gridColor": theme.line, "domain": False, "ticks": False,
            "labelPadding": 6,
        },
    }  # fmt: skip
