"""A chart's words become a picture. The library is known here alone (docs/adr/0023)."""

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

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


def as_svg(spec: Spec) -> str:
    """Reads nothing but `spec`: no address is ever fetched."""
    _register()
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])


def as_form(svg: str, form: Form) -> bytes:
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
