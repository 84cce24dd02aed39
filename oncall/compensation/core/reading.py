"""A pay plan's terms, read from their written form, in the words of the organisation's document.

Amounts and factors are text (“200”, “0.5”), lengths whole seconds. What is wrong is gathered, so that its
writer hears everything at once.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from oncall.compensation.core.money import Mode, Per, Rounding
from oncall.compensation.core.terms import (
    NOTHING,
    USUAL_PRECEDENCE,
    Band,
    CallOutPay,
    CallOuts,
    Cap,
    LieuByNight,
    LieuByTime,
    Overlap,
    Period,
    Terms,
    Unit,
    decimal,
    in_text,
)
from oncall.core.faults import Gathering, Path, unknown
from oncall.core.notation import read_window
from oncall.core.restriction import Restriction

KEYS = (
    "role_factors", "precedence", "standby", "call_outs", "overlap", "cap", "minimum_per_shift", "rounding",
)  # fmt: skip
BAND_KEYS = (
    "band", "days", "start", "end", "except", "holidays", "amount", "per", "prorate", "additive",
)  # fmt: skip
CALL_OUT_KEYS = ("outside", "merge", "minimum", "round_up_to", "longest", "pay", "time_in_lieu")
MULTIPLIERS = ("weekday", "evening", "night", "weekend", "holiday")
LIEU_KEYS = ("rate", "awake", "woken", "further_hour", "day", "expires")
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MOST_BANDS = 40
FINEST = Fraction(1, 10_000)
"""What a line is kept to: no currency has a smaller amount."""
Word = TypeVar("Word", bound=StrEnum)


def read_terms(data: Any, *, plan: str, currency: str, unit: Decimal) -> Terms:
    """Terms of the plan of that name; `unit` is the smallest amount of the currency, for plans that say not
    how they are rounded. Raises DefinitionFaults with everything that is wrong.
    """
    into = Gathering()
    written = into.mapping(data, (), KEYS)
    bands = _bands(written.get("standby") or [], into)
    minimum = written.get("minimum_per_shift")
    terms = Terms(
        plan=plan,
        currency=currency,
        bands=bands,
        precedence=_precedence(written.get("precedence"), bands, into),
        role_factors=_factors(written.get("role_factors") or {}, ("role_factors",), into),
        call_outs=_call_outs(written.get("call_outs"), into),
        overlap=_word(written.get("overlap", Overlap.ONCE), Overlap, ("overlap",), into),
        cap=_cap(written.get("cap"), into),
        minimum_per_shift=NOTHING if minimum is None else _number(minimum, ("minimum_per_shift",), into),
        rounding=_rounding(written.get("rounding"), unit, into),
    )
    _check(terms, into)
    into.finish()
    return terms


def _bands(data: Any, into: Gathering) -> tuple[Band, ...]:
    rows = into.sequence(data, ("standby",))
    if len(rows) > MOST_BANDS:
        into.fault(("standby",), f"A plan has {MOST_BANDS} bands at most, and this one {len(rows)}.")
    return tuple(_band(row, ("standby", n), into) for n, row in enumerate(rows[:MOST_BANDS]))


def _band(data: Any, path: Path, into: Gathering) -> Band:
    written = into.mapping(data, path, BAND_KEYS)
    name = written.get("band")
    if not isinstance(name, str) or not 0 < len(name) <= 100:
        into.fault((*path, "band"), "A band needs a name of at most 100 characters.")
        name = ""
    outside = written.get("except")
    return Band(
        name=name,
        amount=_number(written.get("amount"), (*path, "amount"), into),
        per=_word(written.get("per"), Unit, (*path, "per"), into),
        within=_own_window(written, path, into),
        outside=() if outside is None else (read_window(outside, (*path, "except"), into),),
        holidays=_flag(written.get("holidays", False), (*path, "holidays"), into),
        prorate=_flag(written.get("prorate", False), (*path, "prorate"), into),
        additive=_flag(written.get("additive", False), (*path, "additive"), into),
    )


def _own_window(written: Mapping[str, Any], path: Path, into: Gathering) -> tuple[Restriction, ...] | None:
    own = {key: written[key] for key in ("days", "start", "end") if written.get(key) is not None}
    if not own:
        return None
    if ("start" in own) != ("end" in own):
        into.fault(path, "The band has only one of start and end; write both or neither.")
    return (read_window({"days": EVERY_DAY, **own}, path, into),)


def _precedence(data: Any, bands: Collection[Band], into: Gathering) -> tuple[str, ...]:
    if data is None:
        return USUAL_PRECEDENCE
    names = [str(name) for name in into.sequence(data, ("precedence",))]
    known = dict.fromkeys([*(band.name for band in bands), *USUAL_PRECEDENCE, "weekday", "in_hours"])
    for place, name in enumerate(names):
        if name not in known:
            into.fault(("precedence", place), unknown("band", name, known))
        if name in names[:place]:
            into.fault(("precedence", place), f"“{name}” stands there twice.")
    return tuple(names)


def _factors(data: Any, path: Path, into: Gathering) -> dict[str, Fraction]:
    return {
        name: _number(value, (*path, name), into) for name, value in into.mapping(data, path, None).items()
    }


def _call_outs(data: Any, into: Gathering) -> CallOuts | None:
    if data is None:
        return None
    path: Path = ("call_outs",)
    written, usual = into.mapping(data, path, CALL_OUT_KEYS), CallOuts()

    def length(name: str, default: timedelta, least: timedelta) -> timedelta:
        return _length(written[name], (*path, name), least, into) if name in written else default

    outside, lieu = written.get("outside"), written.get("time_in_lieu")
    return CallOuts(
        working=() if outside is None else (read_window(outside, (*path, "outside"), into),),
        merge=length("merge", usual.merge, timedelta(0)),
        minimum=length("minimum", usual.minimum, timedelta(0)),
        round_up_to=length("round_up_to", usual.round_up_to, timedelta(seconds=1)),
        longest=length("longest", usual.longest, timedelta(minutes=1)),
        pay=_call_out_pay(written.get("pay"), (*path, "pay"), into),
        lieu=_lieu(lieu, (*path, "time_in_lieu"), into),
        lieu_expires=_lieu_expires(lieu, (*path, "time_in_lieu", "expires"), into),
    )


def _call_out_pay(data: Any, path: Path, into: Gathering) -> CallOutPay | None:
    if data is None:
        return None
    written = into.mapping(data, path, ("amount", "per", *MULTIPLIERS))
    per = written.get("per", "hour")
    if per not in {"hour", "call_out"}:
        into.fault((*path, "per"), unknown("unit", str(per), ("hour", "call_out")))
    return CallOutPay(
        amount=_number(written.get("amount"), (*path, "amount"), into),
        per_hour=per == "hour",
        multipliers={
            name: _number(written[name], (*path, name), into)
            for name in MULTIPLIERS
            if written.get(name) is not None
        },
    )


def _lieu(data: Any, path: Path, into: Gathering) -> LieuByTime | LieuByNight | None:
    if data is None:
        return None
    written = into.mapping(data, path, LIEU_KEYS)
    by_night = [name for name in ("awake", "woken", "further_hour") if written.get(name) is not None]
    if written.get("rate") is not None:
        if by_night:
            into.fault(path, f"Time off is either by rate or by night; drop rate, or {', '.join(by_night)}.")
        return LieuByTime(rate=_number(written["rate"], (*path, "rate"), into))
    if not by_night:
        into.fault(path, "Write how much time off is earned: rate: 1, or awake: 0.25 and woken: 0.5.")
    numbers = {
        name: _number(written.get(name, 0), (*path, name), into)
        for name in ("awake", "woken", "further_hour")
    }
    usual = LieuByNight(awake=NOTHING, woken=NOTHING).day
    day = _length(written["day"], (*path, "day"), timedelta(minutes=1), into) if "day" in written else usual
    return LieuByNight(**numbers, day=day)


def _lieu_expires(data: Any, path: Path, into: Gathering) -> timedelta | None:
    expires = data.get("expires") if isinstance(data, Mapping) else None
    return None if expires is None else _length(expires, path, timedelta(days=1), into)


def _cap(data: Any, into: Gathering) -> Cap | None:
    if data is None:
        return None
    written = into.mapping(data, ("cap",), ("hours", "amount", "per", "warn"))
    limits = {
        name: _number(written[name], ("cap", name), into)
        for name in ("hours", "amount")
        if written.get(name) is not None
    }
    if not limits:
        into.fault(("cap",), "A cap needs hours or an amount, such as hours: 200.")
    return Cap(
        per=_word(written.get("per", Period.MONTH), Period, ("cap", "per"), into),
        hours=limits.get("hours"),
        amount=limits.get("amount"),
        warn=_flag(written.get("warn", False), ("cap", "warn"), into),
    )


def _rounding(data: Any, unit: Decimal, into: Gathering) -> Rounding:
    if data is None:
        return Rounding(unit=unit)
    written = into.mapping(data, ("rounding",), ("mode", "unit", "per"))
    said = _number(written.get("unit", str(unit)), ("rounding", "unit"), into)
    if said <= 0:
        into.fault(("rounding", "unit"), "Round to an amount above 0, such as 0.01.")
        said = Fraction(unit)
    elif said % FINEST:
        into.fault(("rounding", "unit"), "Round to an amount with at most four decimals, such as 0.01.")
    return Rounding(
        mode=_word(written.get("mode", Mode.HALF_EVEN), Mode, ("rounding", "mode"), into),
        unit=decimal(said),
        per=_word(written.get("per", Per.LINE), Per, ("rounding", "per"), into),
    )


def _check(terms: Terms, into: Gathering) -> None:
    """What each part alone does not show."""
    names = [band.name for band in terms.bands]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            into.fault(("standby", place, "band"), f"There are two bands “{name}”; give each its own name.")
    cap, least = terms.cap, terms.minimum_per_shift
    if cap and cap.amount is not None and cap.amount < least:
        into.fault(
            ("cap", "amount"),
            f"The cap of {in_text(cap.amount)} is below the least of {in_text(least)} that one shift pays.",
        )


def _word(value: Any, words: type[Word], path: Path, into: Gathering) -> Word:
    found = next((word for word in words if word.value == value), None)
    if found is None:
        into.fault(path, unknown("word", str(value), [word.value for word in words]))
    return found or next(iter(words))


def _flag(value: Any, path: Path, into: Gathering) -> bool:
    if not isinstance(value, bool):
        into.fault(path, f"{value!r} is neither true nor false.")
    return value is True


def _number(value: Any, path: Path, into: Gathering) -> Fraction:
    """Of money, or a factor: not negative, and as it is written, so that 0.1 is a tenth."""
    try:
        number = None if isinstance(value, bool) or value is None else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        into.fault(path, f"“{value}” is not a number; write it as 150 or 0.5.")
    elif number < 0:
        into.fault(path, f"“{value}” is negative; write 0 or more.")
    elif number >= Decimal(10) ** 12 or number.as_tuple().exponent < -9:  # type: ignore[operator]
        into.fault(path, f"“{value}” is no amount of money; write at most twelve digits and nine decimals.")
    else:
        return Fraction(number)
    return NOTHING


def _length(value: Any, path: Path, least: timedelta, into: Gathering) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 10**9:
        into.fault(path, f"{value!r} is no length; write it in whole seconds.")
        return least
    if value < _seconds(least):
        into.fault(path, f"That is shorter than {least}.")
    return max(timedelta(seconds=value), least)


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)
