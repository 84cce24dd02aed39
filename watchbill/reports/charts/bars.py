"""A bar for each of a few things, its words above it: names stay readable on a phone, however long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from watchbill.reports.charts.theme import PADDING, SMALL, TEXT, WIDTH, Spec, Theme, framed

STEP, HEIGHT, INNER = 46, 14, 5
INSIDE = WIDTH - 2 * PADDING
A_LETTER, BETWEEN = 7, 12
"""Pixels of the note's letters, and between it and the label, which is cut where they would meet."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """`inner`: a narrow bar within; `mark`: a stroke across, where a value should be."""

    label: str
    note: str
    value: float
    colour: str
    inner: float | None = None
    mark: float | None = None


def bars(
    theme: Theme,
    title: str,
    subtitle: Sequence[str],
    rows: Sequence[Bar],
    *,
    inner: str = "",
) -> Spec:
    """`inner`: the colour of the narrow bars."""
    values = [
        {"n": n, "label": row.label, "note": row.note, "value": row.value, "colour": row.colour}
        | ({} if row.inner is None else {"inner": row.inner})
        | ({} if row.mark is None else {"mark": row.mark})
        for n, row in enumerate(rows)
    ]
    most = max([1.0, *(max(row.value, row.mark or 0) for row in rows)])
    x = {"type": "quantitative", "axis": None, "scale": {"domain": [0, most], "nice": False, "zero": True}}
    room = INSIDE - BETWEEN - A_LETTER * max(len(row.note) for row in rows)
    layers = [
        _bar(
            {"height": HEIGHT},
            x | {"field": "value"},
            {"field": "colour", "scale": None},
        ),
        _words("label", "left", {"value": 0}, {"fontSize": TEXT, "limit": room, "color": theme.ink}),
        _words("note", "right", {"value": INSIDE}, {"fontSize": SMALL, "color": theme.soft}),
    ]
    if inner:
        layers.insert(1, _bar({"height": INNER}, x | {"field": "inner"}, {"value": inner}))
    if any(row.mark is not None for row in rows):
        stroke = {
            "type": "tick",
            "thickness": 3,
            "size": HEIGHT + 6,
            "opacity": 1,
            "yOffset": _LOW,
            "color": theme.ink,
        }
        layers.append({"mark": stroke, "encoding": {"x": x | {"field": "mark"}, "y": _Y}})
    return framed(
        theme, title, subtitle, {"height": STEP * len(rows), "data": {"values": values}, "layer": layers}
    )


_HIGH, _LOW = -11, 7
_Y: Spec = {
    "field": "n", "type": "ordinal", "axis": None, "sort": None,
    "scale": {"paddingInner": 0, "paddingOuter": 0},
}  # fmt: skip


def _bar(look: Spec, x: Spec, colour: Spec) -> Spec:
    mark = {"type": "bar", "yOffset": _LOW, "y2Offset": _LOW} | look
    return {"mark": mark, "encoding": {"x": x, "y": _Y, "color": colour}}


def _words(field: str, align: str, x: Spec, look: dict[str, Any]) -> Spec:
    mark = {"type": "text", "align": align, "baseline": "middle", "yOffset": _HIGH} | look
    return {"mark": mark, "encoding": {"x": x, "y": _Y, "text": {"field": field}}}
