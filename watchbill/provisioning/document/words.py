"""The words of a document: what one scalar may say, and how it is spelled again.

Every function here takes what stood in the document and returns the value or raises ValueError with a
sentence for the one who wrote it.
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Annotated, Any, ClassVar

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from holidays import utils as holiday_lists
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from oncall.compensation.currencies import check_currency
from people.zones import zone_names
from watchbill.provisioning import durations
from watchbill.provisioning.faults import suggestion

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
DAY_AND_CLOCK = re.compile(r"([A-Za-z]+) +(\d{1,2}:\d{2})", re.ASCII)
DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(Z|[+-]\d{2}:\d{2})?)?", re.ASCII)
FIRST_YEAR, LAST_YEAR = 1970, 2199


class Part(BaseModel):
    """A mapping of the document. Unknown keys are errors; nothing is converted silently."""

    SHOWN: ClassVar[frozenset[str]] = frozenset()  # written out even where they say what is usual

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, serialize_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_not_given(cls, given: Any) -> Any:
        return (
            {key: value for key, value in given.items() if value is not None}
            if isinstance(given, dict)
            else given
        )

    @model_serializer(mode="wrap")
    def _without_what_is_usual(self, spell: SerializerFunctionWrapHandler) -> dict[str, Any]:
        spelled: dict[str, Any] = spell(self)
        for name, field in type(self).model_fields.items():
            if name not in self.SHOWN and getattr(self, name) == field.get_default(call_default_factory=True):
                spelled.pop(field.alias or name, None)
        return spelled


def day(value: Any) -> str:
    if isinstance(value, str) and value.lower() in (*DAYS, *FULL_DAYS):
        return value.lower()[:3]
    raise ValueError(f"“{value}” is not a day; write mon, tue, wed, thu, fri, sat or sun.")


def full_day(value: Any) -> str:
    return FULL_DAYS[DAYS.index(day(value))]


def days(value: list[str]) -> list[str]:
    if not value:
        raise ValueError("names no day; write at least one, such as [mon], or leave the part out.")
    return sorted(set(value), key=DAYS.index)


def clock(value: Any) -> str:
    """A wall-clock time, as HH:MM; 24:00 is the next day's 00:00."""
    match = CLOCK.fullmatch(value) if isinstance(value, str) else None
    if value == "24:00":
        return "00:00"
    if match and int(match[1]) < 24 and int(match[2]) < 60:
        return f"{int(match[1]):02}:{match[2]}"
    raise ValueError(f"“{value}” is not a time of day; write it as “09:00”, from “00:00” to “23:59”.")


def clock_or_day(value: Any) -> str:
    """A time of day, or one of a weekday: 09:00, fri 18:00."""
    match = DAY_AND_CLOCK.fullmatch(value) if isinstance(value, str) else None
    return f"{day(match[1])} {clock(match[2])}" if match else clock(value)


def _date(value: Any) -> date:
    try:
        read = date.fromisoformat(value) if isinstance(value, str) and DATE.fullmatch(value) else None
    except ValueError as fault:
        raise ValueError(f"“{value}” is not a day of the calendar: {fault}.") from None
    if read is None:
        raise ValueError(f"“{value}” is not a date; write it as 2025-01-06.")
    return _in_our_time(read, value)


def _moment(value: Any) -> datetime:
    """A wall-clock time without a zone, or an instant with its offset. A date alone is its midnight."""
    match = MOMENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"“{value}” is not a date and time; write it as 2025-01-06T10:00.")
    try:
        read = datetime.combine(
            date.fromisoformat(match[1]), time.fromisoformat((match[2] or "00:00") + (match[3] or ""))
        )
    except ValueError as fault:
        raise ValueError(f"“{value}” is not a time of the calendar: {fault}.") from None
    _in_our_time(read.date(), value)
    return read


def _in_our_time(read: date, value: object) -> date:
    if not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise ValueError(f"“{value}” lies outside the years {FIRST_YEAR} to {LAST_YEAR}.")
    return read


def spell_moment(moment: datetime) -> str:
    """2025-01-06T10:00, with seconds and an offset only where it has them."""
    whole = not (moment.second or moment.microsecond)
    return moment.isoformat(timespec="minutes" if whole else "seconds")


def _duration(value: Any, *, least: timedelta) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; {durations.HINT}.")  # noqa: TRY004 - pydantic reads this one
    read = durations.parse(value)
    if read < least:
        raise ValueError(f"“{value}” is no time at all; write at least 1s.")
    return read


def _some_time(value: Any) -> timedelta:
    return _duration(value, least=timedelta(seconds=1))


def _any_time(value: Any) -> timedelta:
    return _duration(value, least=timedelta(0))


def _length(value: Any) -> durations.Length:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration; {durations.HINT}.")  # noqa: TRY004 - pydantic reads this one
    read = durations.parse_length(value)
    if not read.months and (not read.fixed or read.fixed % timedelta(hours=1)):
        raise ValueError(
            f"“{value}” cannot be a turn; write whole hours, days, weeks or months, at least 1h."
        )
    return read


def _zone(value: str) -> str:
    if value in zone_names():
        return value
    places = {zone.rpartition("/")[2]: zone for zone in zone_names()}
    known = places.get(value.replace(" ", "_").title())
    hint = f" Did you mean “{known}”?" if known else suggestion(value, zone_names())
    raise ValueError(f"“{value}” is not a time zone; write a name such as Europe/Berlin.{hint}")


@cache
def _calendars() -> dict[str, list[str]]:
    countries: dict[str, list[str]] = holiday_lists.list_supported_countries(include_aliases=False)
    return countries


def _calendar(value: str) -> str:
    """Country and part, such as US-NY or DE-BE; empty is none."""
    country, dash, part = value.partition("-")
    parts = _calendars().get(country)
    if not value or (parts is not None and (not dash or part in parts)):
        return value
    if parts is None:
        hint = suggestion(value.upper(), _calendars())
        raise ValueError(f"“{value}” is not a holiday calendar; write a country such as DE, or DE-BE.{hint}")
    hint = suggestion(value, [f"{country}-{name}" for name in parts])
    raise ValueError(
        f"“{value}” is not a holiday calendar of {country}; write {country} or one of its parts.{hint}"
    )


def _email(value: str) -> str:
    try:
        if value:
            validate_email(value)
    except ValidationError:
        raise ValueError(f"“{value}” is not an email address.") from None
    return value


def _phone(value: Any) -> Any:
    """In E.164. What is no text is left as it is, for pydantic to say so."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError(f"{value} is a number here; put the phone number in quotes, such as “+14155550101”.")  # noqa: TRY004
    if not isinstance(value, str):
        return value
    try:
        parsed = phonenumbers.parse(value, None) if value else None
    except phonenumbers.NumberParseException:
        parsed = None
    if not value:
        return ""
    if parsed is None or not phonenumbers.is_possible_number(parsed):
        raise ValueError(
            f"“{value}” is not a phone number; write it with its country, such as “+14155550101”."
        )
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _amount(value: Any) -> int | float | str:
    """A number of money or a factor, not negative. Kept as it was written."""
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise ValueError(f"“{value}” is not a number; write it as 150 or 0.5.")
    if number < 0:
        raise ValueError(f"“{value}” is negative; write 0 or more.")
    kept: int | float | str = value
    return kept


def _currency(value: str) -> str:
    check_currency(value)
    return value


def _name(value: str) -> str:
    if value != value.strip() or any(ord(char) < 32 for char in value):
        raise ValueError(
            f"{value!r} begins or ends with a space, or has a line break in it; write it without."
        )
    return value


def _username(value: str) -> str:
    if not re.fullmatch(r"[\w.@+-]+", value):
        raise ValueError(f"“{value}” is not a username; use letters, digits and @ . + - _ only.")
    return value


def _text_of(function: Callable[[Any], Any], spell: Callable[[Any], str]) -> tuple[Any, Any]:
    return PlainValidator(function), PlainSerializer(spell, return_type=str)


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_name)]
RoleName = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_name)]
Username = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(_username)]
Currency = Annotated[str, AfterValidator(_currency)]
Reason = Annotated[str, Field(max_length=200)]
Zone = Annotated[str, AfterValidator(_zone)]
Calendar = Annotated[str, AfterValidator(_calendar)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Phone = Annotated[str, BeforeValidator(_phone)]
Day = Annotated[str, BeforeValidator(day)]
FullDay = Annotated[str, BeforeValidator(full_day)]
Days = Annotated[list[Day], AfterValidator(days)]
Clock = Annotated[str, BeforeValidator(clock)]
ClockOrDay = Annotated[str, BeforeValidator(clock_or_day)]
Date = Annotated[date, *_text_of(_date, date.isoformat)]
Moment = Annotated[datetime, *_text_of(_moment, spell_moment)]
Duration = Annotated[timedelta, *_text_of(_some_time, durations.spell)]
Delay = Annotated[timedelta, *_text_of(_any_time, durations.spell)]
Length = Annotated[durations.Length, *_text_of(_length, str)]
Amount = Annotated[int | float | str, PlainValidator(_amount)]
