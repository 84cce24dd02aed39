"""A pay plan's terms in their written form, which `reading` reads."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from oncall.compensation.core.money import Rounding
from oncall.compensation.core.terms import (
    USUAL_PRECEDENCE,
    Band,
    CallOuts,
    Cap,
    LieuByNight,
    LieuByTime,
    Overlap,
    Terms,
    in_text,
)
from oncall.core.notation import write_window


def write_terms(terms: Terms, *, unit: Decimal) -> dict[str, Any]:
    """With nothing but JSON's types; what stands at its default is left out."""
    rounding = terms.rounding
    parts = {
        "role_factors": {role: in_text(factor) for role, factor in terms.role_factors.items()},
        "precedence": None if terms.precedence == USUAL_PRECEDENCE else list(terms.precedence),
        "standby": [_write_band(band) for band in terms.bands],
        "call_outs": _write_call_outs(terms.call_outs) if terms.call_outs else None,
        "overlap": None if terms.overlap is Overlap.ONCE else terms.overlap.value,
        "cap": _write_cap(terms.cap) if terms.cap else None,
        "minimum_per_shift": in_text(terms.minimum_per_shift) if terms.minimum_per_shift else None,
        "rounding": None
        if rounding == Rounding(unit=unit)
        else {"mode": rounding.mode.value, "unit": str(rounding.unit), "per": rounding.per.value},
    }
    empty_too = ("precedence", "call_outs")
    return {name: part for name, part in parts.items() if part or (part is not None and name in empty_too)}


def _write_band(band: Band) -> dict[str, Any]:
    written: dict[str, Any] = {"band": band.name}
    for window in band.within or ():
        written |= write_window(window)
    for window in band.outside:
        written["except"] = write_window(window)
    flags = {"holidays": band.holidays, "prorate": band.prorate, "additive": band.additive}
    return written | {
        **{name: True for name, said in flags.items() if said},
        "amount": in_text(band.amount),
        "per": band.per.value,
    }


def _write_call_outs(rules: CallOuts) -> dict[str, Any]:
    usual = CallOuts()
    lengths = {
        name: _seconds(getattr(rules, name))
        for name in ("merge", "minimum", "round_up_to", "longest")
        if getattr(rules, name) != getattr(usual, name)
    }
    written: dict[str, Any] = dict(lengths)
    for window in rules.working:
        written["outside"] = write_window(window)
    if rules.pay:
        multipliers = {name: in_text(times) for name, times in rules.pay.multipliers.items()}
        per = "hour" if rules.pay.per_hour else "call_out"
        written["pay"] = {"amount": in_text(rules.pay.amount), "per": per, **multipliers}
    if rules.lieu:
        expires = {} if rules.lieu_expires is None else {"expires": _seconds(rules.lieu_expires)}
        written["time_in_lieu"] = _write_lieu(rules.lieu) | expires
    return written


def _write_lieu(lieu: LieuByTime | LieuByNight) -> dict[str, Any]:
    if isinstance(lieu, LieuByTime):
        return {"rate": in_text(lieu.rate)}
    said = {name: in_text(getattr(lieu, name)) for name in ("awake", "woken", "further_hour")}
    return {**said, "day": _seconds(lieu.day)}


def _write_cap(cap: Cap) -> dict[str, Any]:
    limits = {"hours": cap.hours, "amount": cap.amount}
    said = {name: in_text(limit) for name, limit in limits.items() if limit is not None}
    return {**said, "per": cap.per.value, **({"warn": True} if cap.warn else {})}


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)
