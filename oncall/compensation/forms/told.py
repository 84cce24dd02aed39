"""A version of a plan in words, a line for each thing it pays."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from oncall.compensation.forms import windows
from people.forms import spelled

FLAGS = {"prorate": "shared by time", "holidays": "holidays only", "additive": "on top"}


def lines(terms: Mapping[str, Any], currency: str) -> Iterator[str]:
    """`terms` as they are stored."""
    for band in terms.get("standby", ()):
        when, outside = windows.spelled(windows.own_window(band)), windows.spelled(band.get("except"))
        parts = [
            when,
            f"not {outside}" if outside else "",
            *(FLAGS[flag] for flag in FLAGS if band.get(flag)),
        ]
        said = "; ".join(part for part in parts if part)
        yield f"{band['band']}: {band['amount']} {currency} per {band['per']}{f' ({said})' if said else ''}"
    if terms.get("role_factors"):
        yield "roles: " + ", ".join(
            f"{role} times {factor}" for role, factor in terms["role_factors"].items()
        )
    if "call_outs" in terms:
        yield from _call_outs(terms["call_outs"], currency)
    if "minimum_per_shift" in terms:
        yield f"a shift pays at least {terms['minimum_per_shift']} {currency}"
    if "cap" in terms:
        cap = terms["cap"]
        limits = [f"{cap['hours']} h"] if "hours" in cap else []
        limits += [f"{cap['amount']} {currency}"] if "amount" in cap else []
        beyond = "warned about" if cap.get("warn") else "not paid"
        yield f"beyond {' or '.join(limits)} a {cap['per']}: {beyond}"


def _call_outs(rules: Mapping[str, Any], currency: str) -> Iterator[str]:
    hours = windows.spelled(rules.get("outside"))
    least = f", at least {_length(rules['minimum'])}" if "minimum" in rules else ""
    counted = f"call-outs{f' outside {hours}' if hours else ''}{least}"
    pay, lieu = rules.get("pay"), rules.get("time_in_lieu")
    if pay:
        times = ", ".join(
            f"{name} times {value}" for name, value in pay.items() if name not in {"amount", "per"}
        )
        per = pay["per"].replace("_", "-")
        yield f"{counted}: {pay['amount']} {currency} per {per}{f' ({times})' if times else ''}"
    if lieu:
        within = f", within {_length(lieu['expires'])}" if "expires" in lieu else ""
        if "rate" in lieu:
            yield f"{counted}: {lieu['rate']} minutes off for each{within}"
        else:
            yield (
                f"{counted}: {lieu['woken']} days off when woken, {lieu['awake']} when awake, "
                f"{lieu['further_hour']} for a further hour{within}"
            )
    if not pay and not lieu:
        yield f"{counted}: counted"


def _length(seconds: int) -> str:
    return spelled(timedelta(seconds=seconds))
