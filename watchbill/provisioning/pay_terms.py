"""What a pay plan of the document pays, as the pay floor reads it; and back. There, lengths are seconds and
amounts text; here they are words such as 60m, and numbers.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from oncall.compensation.core.reading import EVERY_DAY, KEYS, read_terms
from oncall.compensation.core.terms import Terms
from oncall.compensation.core.writing import write_terms
from oncall.compensation.currencies import smallest
from oncall.core.faults import DefinitionFaults
from watchbill.provisioning.document.pay import CompanyDay, PayPlan
from watchbill.provisioning.document.people import PayBudget
from watchbill.provisioning.durations import parse, spell
from watchbill.provisioning.faults import Fault, Path

LENGTHS = ("merge", "minimum", "round_up_to", "longest")
LENGTHS_OF_LIEU = ("day", "expires")
MOST_DIGITS = 15


def terms_of(plan: PayPlan) -> dict[str, Any]:
    """In the form that `oncall.compensation` keeps."""
    said = plan.model_dump()
    return _with_lengths({key: said[key] for key in KEYS if key in said}, _seconds)


def spelled(terms: Mapping[str, Any]) -> dict[str, Any]:
    """The kept form in the document's words, without what goes without saying."""
    said = _with_lengths(terms, _words)
    numbers: dict[str, Any] = {key: _numbers(said[key]) for key in ("role_factors", "cap") if key in said}
    if "minimum_per_shift" in said:
        numbers["minimum_per_shift"] = number(said["minimum_per_shift"])
    if "call_outs" in said:
        parts = {
            key: _numbers(part) for key, part in said["call_outs"].items() if key in {"pay", "time_in_lieu"}
        }
        numbers["call_outs"] = {**said["call_outs"], **parts}
    return {**said, **numbers, "standby": [_band(band) for band in said.get("standby", ())]}


def canonical(plan: PayPlan) -> PayPlan:
    """The one spelling of a plan that has no faults, to be compared with a stored one."""
    said = plan.model_dump()
    terms = write_terms(_read(plan), unit=smallest(plan.currency))
    whom = {key: sorted(said[key]) for key in ("people", "teams", "places") if key in said}
    heads = {
        key: said[key] for key in ("name", "currency", "effective_from", "effective_until") if key in said
    }
    return PayPlan.model_validate({**heads, **whom, **spelled(terms)})


def canonical_budget(budget: PayBudget) -> PayBudget:
    return budget.model_copy(update={"amount": number(f"{Decimal(str(budget.amount)):f}")})


def faults(plan: PayPlan, path: Path) -> Iterator[Fault]:
    """What is wrong with one version."""
    first, end = plan.effective_from, plan.effective_until
    if first is not None and end is not None and end <= first:
        what = f"This is not after {first}, on which it begins; write the first day that it no longer pays."
        yield Fault((*path, "effective_until"), what)
    try:
        _read(plan)
    except DefinitionFaults as found:
        yield from (Fault((*path, *one.path), one.message) for one in found.faults)


def faults_between(plans: Sequence[PayPlan]) -> Iterator[Fault]:
    """Of versions of one plan: two that begin on one day, that overlap, or that pay in two currencies."""
    for name in dict.fromkeys(plan.name for plan in plans):
        mine = [(place, plan) for place, plan in enumerate(plans) if plan.name == name]
        mine.sort(key=lambda one: one[1].effective_from or date.min)  # stable: as they stand
        for (_, one), (place, after) in itertools.pairwise(mine):
            path: Path = ("pay_plans", place)
            begins, until = after.effective_from, one.effective_until
            if begins == one.effective_from:
                when = f"from {begins}" if begins else "without effective_from"
                yield Fault((*path, "name"), f"“{name}” stands here twice {when}; give each its own day.")
            elif until is not None and begins is not None and until > begins:
                what = (
                    f"“{name}” pays from {begins} here, and the version before it until {until}; let that "
                    f"one end on {begins}, or leave its effective_until out."
                )
                yield Fault((*path, "effective_from"), what)
            if after.currency != one.currency:
                what = (
                    f"“{name}” pays in {one.currency} before; give the plan in {after.currency} its own name."
                )
                yield Fault((*path, "currency"), what)


def faults_of_day(day: CompanyDay, path: Path) -> Iterator[Fault]:
    whole = (day.start, day.end) == ("00:00", "00:00")
    if day.worked and not whole:
        yield Fault(path, "A day that is worked all the same is one as a whole; leave start and end out.")
    elif day.end != "00:00" and day.end <= day.start:
        yield Fault((*path, "end"), f"This is not after {day.start}; 00:00 is the end of the day.")


def _read(plan: PayPlan) -> Terms:
    """Raises DefinitionFaults."""
    unit = smallest(plan.currency)
    return read_terms(terms_of(plan), plan=plan.name, currency=plan.currency, unit=unit)


def _with_lengths(terms: Mapping[str, Any], spell_one: Callable[[Any], Any]) -> dict[str, Any]:
    said = dict(terms)
    if "call_outs" in said:
        rules = said["call_outs"] = dict(said["call_outs"])
        rules |= {key: spell_one(rules[key]) for key in LENGTHS if key in rules}
        if "time_in_lieu" in rules:
            lieu = rules["time_in_lieu"] = dict(rules["time_in_lieu"])
            lieu |= {key: spell_one(lieu[key]) for key in LENGTHS_OF_LIEU if key in lieu}
    return said


def _seconds(words: str) -> int:
    return parse(words) // timedelta(seconds=1)


def _words(seconds: int) -> str:
    return spell(timedelta(seconds=seconds))


def _band(band: Mapping[str, Any]) -> dict[str, Any]:
    """Without days where it is every day, and without times where it is all day."""
    said = {**band, "amount": number(band["amount"])}
    if said.get("days") and (said.get("start"), said.get("end")) == ("00:00", "00:00"):
        del said["start"], said["end"]
    elif said.get("days") == EVERY_DAY:
        del said["days"]
    return said


def _numbers(part: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: value for key, value in part.items() if isinstance(value, str) and _is_number(value)}
    return {**part, **{key: number(value) for key, value in texts.items()}}


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def number(text: str) -> int | float | str:
    """As people write it, where that is the same number: 200, 0.5; else the text."""
    exact = Decimal(text)
    if len(exact.as_tuple().digits) > MOST_DIGITS:
        return text
    return int(exact) if exact == exact.to_integral_value() else float(text)
