"""Participants and restrictions in a line of text: `alice, bob+carol, nobody` and `mon-fri 09:00-17:00`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from oncall.core.restriction import DAYS

NOBODY = "nobody"
WORDS = {"daily": list(DAYS), "weekdays": list(DAYS[:5]), "weekends": list(DAYS[5:])}
CLOCK = r"(\d{1,2}:\d{2})"
ON_DAYS = re.compile(rf"([a-z ,-]+?)\s+{CLOCK}\s*-\s*{CLOCK}")
ACROSS_DAYS = re.compile(rf"([a-z]+)\s+{CLOCK}\s*-\s*([a-z]+)\s+{CLOCK}")
RESTRICTION_HINT = "write mon-fri 09:00-17:00, or fri 18:00 - mon 09:00; separate several by ;"


def slots(text: str) -> list[list[str]]:
    """`alice, bob+carol, nobody` as lists of usernames; nobody's slot is empty. Raises ValueError."""
    written = [part.strip() for part in text.replace("\n", ",").split(",")]
    if not all(written):
        raise ValueError(
            "There is an empty place between two commas; write nobody for a slot without a person."
        )
    return [[] if part == NOBODY else [name.strip() for name in part.split("+")] for part in written]


def numbered(named: Sequence[Sequence[str]], ids: Mapping[str, int]) -> list[list[int]]:
    """The slots with user ids. Raises ValueError for a username that `ids` does not know."""
    for name in (name for slot in named for name in slot):
        if name not in ids:
            close = get_close_matches(name, ids, n=1)
            hint = f" Did you mean “{close[0]}”?" if close else ""
            raise ValueError(
                f"There is no person “{name}”; write usernames, such as alice, bob+carol, nobody.{hint}"
            )
    return [[ids[name] for name in slot] for slot in named]


def spelled_slots(participants: Sequence[Any], names: Mapping[int, str]) -> str:
    """What `slots` reads, of the JSON of a layer."""
    return ", ".join("+".join(names[pk] for pk in _ids(slot)) or NOBODY for slot in participants)


def _ids(slot: Any) -> list[int]:
    return slot if isinstance(slot, list) else [] if slot is None else [slot]


def restrictions(text: str) -> list[dict[str, Any]]:
    """`mon-fri 09:00-17:00; fri 18:00 - mon 09:00` in the words of a document. Raises ValueError."""
    return [_restriction(part) for part in re.split(r"[;\n]", text.lower()) if part.strip()]


def _restriction(text: str) -> dict[str, Any]:
    plain = " ".join(text.replace("\u2013", "-").split())  # an en dash, as phones write it
    across = ACROSS_DAYS.fullmatch(plain)
    if across:
        return {"start": f"{across[1]} {across[2]}", "end": f"{across[3]} {across[4]}"}
    on_days = ON_DAYS.fullmatch(plain)
    if not on_days:
        raise ValueError(f"“{text.strip()}” is not a window of the week; {RESTRICTION_HINT}.")
    return {"days": list(_days(on_days[1])), "start": on_days[2], "end": on_days[3]}


def _days(text: str) -> Iterator[str]:
    for part in re.split(r"[ ,]+", re.sub(r"\s*-\s*", "-", text.strip(" ,"))):
        first, dash, last = part.partition("-")
        if part in WORDS:
            yield from WORDS[part]
        elif dash:
            yield from _from_to(_day(first), _day(last))
        else:
            yield DAYS[_day(part)]


def _from_to(first: int, last: int) -> Iterator[str]:
    return (DAYS[(first + n) % 7] for n in range((last - first) % 7 + 1))


def _day(text: str) -> int:
    if text[:3] in DAYS:
        return DAYS.index(text[:3])
    raise ValueError(f"“{text}” is not a day; {RESTRICTION_HINT}.")


def spelled_restrictions(written: Sequence[Mapping[str, Any]]) -> str:
    """What `restrictions` reads, of the JSON of a layer."""
    return "; ".join(_spelled(one) for one in written)


def _spelled(one: Mapping[str, Any]) -> str:
    if "days" not in one:
        return f"{one['start']} - {one['end']}"
    return f"{_spelled_days([DAYS.index(day) for day in one['days']])} {one['start']}-{one['end']}"


def _spelled_days(days: Sequence[int]) -> str:
    """Runs of three and more as first-last: mon-fri, or mon-wed,sat."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ",".join(
        f"{DAYS[run[0]]}-{DAYS[run[-1]]}" if len(run) > 2 else ",".join(DAYS[day] for day in run)
        for run in runs
    )
