"""Schedules: roles, layers, overrides and temporary schedules. Times are wall-clock times of the schedule."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, model_validator

from oncall.core.announcing import MOST
from oncall.core.notation import MONDAY
from oncall.core.reminders import checked_confirm_within, checked_reminders
from watchbill.provisioning.document.windows import Restriction
from watchbill.provisioning.document.words import (
    Calendar,
    Days,
    Duration,
    Length,
    Moment,
    Name,
    Part,
    Reason,
    RoleName,
    Username,
    Zone,
    clock,
)


def _slot(value: Any) -> tuple[str, ...]:
    """One person, several at once, or nobody (a deliberate gap)."""
    people = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(person, str) and person for person in people):
        raise ValueError("is not a slot; write a username, a list of usernames, or null for nobody.")
    if len(set(people)) < len(people):
        raise ValueError("names one person twice in the same slot; name each once.")
    return tuple(people)


def _spell_slot(slot: tuple[str, ...]) -> str | list[str] | None:
    return None if not slot else slot[0] if len(slot) == 1 else list(slot)


Slot = Annotated[tuple[str, ...], PlainValidator(_slot), PlainSerializer(_spell_slot)]


class Layer(Part):
    """A rotation: from `start` on, each slot in turn for `shift_length` (1w, or 1d of worked days)."""

    SHOWN: ClassVar[frozenset[str]] = frozenset({"participants", "start", "shift_length"})

    name: Name
    participants: Annotated[list[Slot], Field(max_length=500)] = []
    start: Moment = MONDAY
    shift_length: Length | None = None
    end: Moment | None = None
    turns: Literal["all", "worked_days"] = "all"
    restrictions: list[Restriction] = []


class Role(Part):
    """Layers, lowest first; or the slot `offset` places on in a layer's list that another role follows."""

    layers: list[Layer] = []
    follows: RoleName | None = None
    layer: Name | None = None
    offset: Annotated[int, Field(ge=-500, le=500)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.follows is not None and self.layers:
            raise ValueError("has layers and follows another role; keep one of the two.")
        if self.follows is None and (self.layer is not None or self.offset is not None):
            raise ValueError("has a layer or an offset without `follows`; name the role that it follows.")
        return self


class Override(Part):
    """A change for a span. cover: this person alone; replace: where `instead_of` is on; add; remove.

    A temporary schedule replaces it, unless it is `over_temporary`.
    """

    SHOWN: ClassVar[frozenset[str]] = frozenset({"role"})

    kind: Literal["cover", "replace", "add", "remove"] = "cover"
    role: RoleName = "primary"
    start: Moment
    end: Moment
    instead_of: Username | None = None
    user: Username
    reason: Reason = ""
    over_temporary: bool = False

    @model_validator(mode="after")
    def _names_whom_it_replaces(self) -> Self:
        if self.kind == "replace" and self.instead_of is None:
            raise ValueError("replaces nobody; name the person with instead_of.")
        if self.kind != "replace" and self.instead_of is not None:
            raise ValueError(f"has instead_of, which only `kind: replace` takes; this one is a {self.kind}.")
        return self


class TemporaryShift(Part):
    SHOWN: ClassVar[frozenset[str]] = frozenset({"role"})

    role: RoleName = "primary"
    start: Moment
    end: Moment
    user: Username


class Temporary(Part):
    """A span in which these shifts are all there is."""

    start: Moment
    end: Moment
    shifts: list[TemporaryShift] = []


class Handoffs(Part):
    """How long before a shift its person is told of it ([]: never), and how long a handoff may wait to be
    confirmed before the managers hear of it.
    """

    reminders: Annotated[list[Duration], AfterValidator(checked_reminders)] | None = None
    confirm_within: Annotated[Duration, AfterValidator(checked_confirm_within)] | None = None


def _time(value: Any) -> str:
    if value == "24:00":
        raise ValueError("“24:00” is the next day's 00:00; write “00:00”, and that day.")
    return clock(value)


class Announcement(Part):
    """Who is on call, to a chat room (`to`, an address as apprise spells it) or a webhook by its name: `at` a
    wall time on `days` (left out: every day), or `on_change`.
    """

    to: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    webhook: Name | None = None
    days: Days | None = None
    at: Annotated[str, BeforeValidator(_time)] | None = None
    on_change: bool = False

    @model_validator(mode="after")
    def _one_place_and_one_time(self) -> Self:
        if (self.to is None) == (self.webhook is None):
            raise ValueError("does not go to one place; name a chat address with `to`, or a webhook.")
        if self.on_change and (self.at is not None or self.days is not None):
            raise ValueError("is at a time and on change; keep one of the two.")
        if not self.on_change and self.at is None:
            raise ValueError("has no time; write `at: “09:00”`, or `on_change: true`.")
        return self


class Announcements(Part):
    """All those of one schedule, which are carried after the webhooks that they name."""

    places: list[Announcement] = []


class Schedule(Part):
    """Without a zone of its own, in its team's. Where `announcements` are given they are the whole list."""

    name: Name
    team: Name | None = None
    time_zone: Zone | None = None
    holidays: Calendar = ""
    roles: dict[RoleName, Role] = {}
    overrides: list[Override] = []
    temporary: list[Temporary] = []
    handoffs: Handoffs | None = None
    announcements: Annotated[list[Announcement], Field(max_length=MOST)] | None = None
