"""A chart's words become a picture. The library is known here alone (docs/adr/0023)."""

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import vl_convert
from PIL import Image

from oncall.compensation import exports
from watchbill.reports.charts.theme import Spec

Form = Literal["svg", "png", "pdf"]
FONTS = Path(exports.__file__).with_name("fonts")
"""Those of statements on paper: a machine without any font draws text, too."""
VEGA_LITE = "6.4"
SHARP = 2
"""Pixels of a picture for each of its size, for screens that have as many."""
COLOURS = 256
BEYOND = re.compile("[\U00010000-\U0010ffff]")
"""Characters that take two units of UTF-16, in which the library counts."""


def as_svg(spec: Spec) -> str:
    """Reads nothing but `spec`: no address is ever fetched."""
    _register()
    return vl_convert.vegalite_to_svg(_drawable(spec), vl_version=VEGA_LITE, allowed_base_urls=[])


def _drawable(part: Any) -> Any:
    """With a box for each 🔥: none of FONTS has one, and the library cuts long words in the middle of it, and
    fails.
    """
    if isinstance(part, str):
        return BEYOND.sub("□", part)
    if isinstance(part, Mapping):
        return {name: _drawable(one) for name, one in part.items()}
    return [_drawable(one) for one in part] if isinstance(part, list | tuple) else part


@lru_cache(maxsize=24)
def as_form(svg: str, form: Form) -> bytes:
    """The last ones are remembered: a report's mails to several managers carry the same pictures."""
    _register()
    if form == "png":
        return _small(vl_convert.svg_to_png(svg, scale=SHARP))
    return vl_convert.svg_to_pdf(svg) if form == "pdf" else svg.encode()


def _small(png: bytes) -> bytes:
    """The same with few colours, in a tenth of the bytes: a mail carries several."""
    found = BytesIO()
    with Image.open(BytesIO(png)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, method=Image.Quantize.MEDIANCUT)
        few.save(found, "PNG")
    return found.getvalue()


@cache
def _register() -> None:
    vl_convert.register_font_directory(str(FONTS))
