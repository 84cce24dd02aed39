"""Temporary schedules beside a schedule: those that stand are ended or taken back, and one is filled in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms

from oncall.core.override import Temporary, TemporaryShift
from oncall.forms.layers import text_input
from oncall.forms.wall import InstantField
from oncall.models import Schedule, TemporarySchedule
from people.models import User

MOST_SHIFTS = 500


class SpanForm(forms.Form):
    start = InstantField(required=False, label="From")
    end = InstantField(required=False, last=True, label="To")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        start, end = given.get("start"), given.get("end")
        if start and end and end <= start:
            self.add_error("end", "It ends before it starts; write a later end.")
        if (start is None) != (end is None) and not self.errors:
            self.add_error("end" if start else "start", "A temporary schedule has a start and an end.")
        return given


class CarriedForm(forms.Form):
    """One shift of a temporary schedule. Without a start or an end it lasts as long as the schedule does."""

    role = forms.CharField(max_length=40, widget=text_input("primary"))
    user = forms.CharField(
        max_length=150, label="Person", widget=text_input("alice"), help_text="A username."
    )
    start = InstantField(required=False, label="From", help_text="Empty: from its beginning.")
    end = InstantField(required=False, last=True, label="To", help_text="Empty: to its end.")


Carried = forms.formset_factory(CarriedForm, extra=1, can_delete=True, max_num=MOST_SHIFTS)


class TemporaryPart:
    """What the page says of temporary schedules: which to `stop`, and the new one, if any is written."""

    def __init__(self, data: Any, schedule: Schedule | None) -> None:
        self.stop = StopForm(data, schedule=schedule)
        self.span: Any = SpanForm(data, prefix="temporary")
        self.carried: Any = Carried(data, prefix="carried")
        self.ready = False
        self._people: dict[str, int] = {}

    def is_valid(self) -> bool:
        """Whether all of it can be read, also as `ready`; what is wrong stands beside its field."""
        read = [part.is_valid() for part in (self.stop, self.span, self.carried)]
        self.ready = all(read) and self._makes_sense()
        return self.ready

    def new(self) -> Temporary | None:
        """The one that is filled in. Only of a part that is valid."""
        start, end = self.span.cleaned_data["start"], self.span.cleaned_data["end"]
        return Temporary(start, end, tuple(self._shifts(start, end))) if start else None

    def stopped(self) -> list[TemporarySchedule]:
        return list(self.stop.cleaned_data["stop_temporary"])

    def _makes_sense(self) -> bool:
        rows = list(self._rows())
        if rows and not self.span.cleaned_data["start"]:
            self.span.add_error("start", "Say from when to when these shifts replace the schedule.")
        self._people = self._known(rows)
        return not self.span.errors and not any(row.errors for row in rows)

    def _known(self, rows: list[Any]) -> dict[str, int]:
        named = {row.cleaned_data["user"].strip() for row in rows}
        found = User.objects.filter(username__in=named, is_active=True)
        known = dict(found.values_list("username", "pk"))
        for row in rows:
            if row.cleaned_data["user"].strip() not in known:
                row.add_error("user", f"There is no person “{row.cleaned_data['user']}”; write a username.")
        return known

    def _rows(self) -> Iterator[Any]:
        gone = self.carried.deleted_forms
        return (row for row in self.carried.forms if row.cleaned_data.get("role") and row not in gone)

    def _shifts(self, start: datetime, end: datetime) -> Iterator[TemporaryShift]:
        for row in self._rows():
            given = row.cleaned_data
            yield TemporaryShift(
                given["role"].strip(),
                given["start"] or start,
                given["end"] or end,
                self._people[given["user"].strip()],
            )


class StopForm(forms.Form):
    stop_temporary = forms.ModelMultipleChoiceField(TemporarySchedule.objects.none(), required=False)

    def __init__(self, data: Any, *, schedule: Schedule | None) -> None:
        super().__init__(data)
        field = self.fields["stop_temporary"]
        if schedule is not None and isinstance(field, forms.ModelMultipleChoiceField):
            field.queryset = TemporarySchedule.objects.filter(schedule=schedule, cancelled_at=None)
