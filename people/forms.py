"""What several floors' forms have: rows as forms, time zones, and durations as people write them."""

import re
from datetime import timedelta
from functools import cache
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminTextInputWidget

from people.zones import zone_names


class RowForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's forms take no parameters when they run
    """The form of one row of a table."""


class ChosenByTyping(AutocompleteSelect):
    """A person, or another row, found by typing. A browser sends its number; anything else is nobody, of
    whom the field says that there is no such choice.
    """

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        numbers = [one for one in map(str, value) if one.isascii() and one.isdecimal() and len(one) <= 18]
        return super().optgroups(name, numbers, attr)


SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
WRITTEN = re.compile(r"(\d{1,7})\s*([wdhms])[a-z]*", re.ASCII | re.IGNORECASE)
LONGEST = timedelta(days=3660)


@cache
def zones() -> tuple[tuple[str, str], ...]:
    """Every time zone, to choose from: UTC first, then by name."""
    named = sorted(zone for zone in zone_names() if "/" in zone)
    return tuple((zone, zone.replace("_", " ")) for zone in ("UTC", *named))


class ZoneField(forms.ChoiceField):
    """A time zone of the IANA database, found by typing. One kept under an older name stays choosable."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=zones, widget=UnfoldAdminSelect2Widget, **kwargs)

    def valid_value(self, value: Any) -> bool:
        return str(value) in zone_names()


def spelled(duration: timedelta | None) -> str:
    """`10m`, `36h`, `1w`: the shortest form in one unit; no time at all is `0m`, None is empty."""
    if duration is None:
        return ""
    seconds = int(duration.total_seconds())
    unit, size = next((unit, size) for unit, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}" if seconds else "0m"


class ShortDurationField(forms.Field):
    """A length of time, written 90s, 10m, 2h, 3d or 1w. Its value is a timedelta, or None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "10m"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return spelled(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text or isinstance(value, timedelta):
            return value or None
        written = WRITTEN.fullmatch(text)
        if written is None:
            raise forms.ValidationError(
                f"“{text[:20]}” is not a length of time; write 90s, 10m, 2h, 3d or 1w."
            )
        read = timedelta(seconds=int(written[1]) * SECONDS[written[2].lower()])
        if read > LONGEST:
            raise forms.ValidationError(f"“{text}” is longer than ten years; write a shorter time.")
        return read

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
