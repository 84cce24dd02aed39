"""A model's columns, for statements that are written in SQL: out of rows, and into them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Generic, TypeVar

import orjson
from django.db import connection
from django.db.models import Field, JSONField, Model

from people import prepared

Row = TypeVar("Row", bound=Model)
Convert = Callable[[Any], Any]
AT_ONCE = 2000
SHORT = {"timestamp with time zone": "timestamptz"}


class Columns(Generic[Row]):
    """All of its columns in one order, but for those that the database fills in."""

    def __init__(self, model: type[Row], *, but: Collection[str] = ()) -> None:
        self._model = model
        fields = model._meta.concrete_fields  # noqa: SLF001 - Django's documented Meta API
        self._fields: Sequence[Field[Any, Any]] = [field for field in fields if field.column not in but]
        self._attributes = [field.attname for field in self._fields]
        self.table: str = model._meta.db_table  # noqa: SLF001

    def __len__(self) -> int:
        return len(self._fields)

    def place(self, attribute: str) -> int:
        """Where it stands among them."""
        return self._attributes.index(attribute)

    def names(self, of: str = "", *, called: str = "") -> str:
        """For a SELECT or an INSERT; `of` is the name that the table has in the statement. Each is `called`
        that and its own name.
        """
        before = f"{of}." if of else ""
        return ", ".join(
            f'{before}"{field.column}"' + (f' AS "{called}{field.column}"' if called else "")
            for field in self._fields
        )

    @cached_property
    def typed(self) -> str:
        """For PostgreSQL's `json_to_record(…) AS row (…)`."""
        types = ((field.column, str(field.cast_db_type(connection))) for field in self._fields)
        return ", ".join(f'"{name}" {SHORT.get(kind, kind)}' for name, kind in types)

    def row(self, values: Sequence[Any]) -> Row:
        """What was selected by `names`, as Django makes it."""
        found = list(values)
        for place, convert in self._converted:
            found[place] = convert(found[place])
        return self._model.from_db(connection.alias, self._attributes, found)

    def new(self, given: Mapping[str, Any]) -> Row:
        """A row to be written, by the names of its attributes; the others have their defaults. Django takes
        longest where it is told by name. Raises ValueError for a name that is none of them.
        """
        row = self._model(
            *(given[name] if name in given else default() for name, default in self._defaults.items())
        )
        if not given.keys() <= self._defaults.keys():
            raise ValueError(f"no such column: {given.keys() - self._defaults.keys()}")
        return row

    @cached_property
    def _defaults(self) -> dict[str, Callable[[], Any]]:
        fields = self._model._meta.concrete_fields  # noqa: SLF001
        return {field.attname: field.get_default for field in fields}

    def values(self, row: Row) -> dict[str, Any]:
        """By column, what `row` holds: for one JSON object that PostgreSQL reads as `typed`."""
        return {str(field.column): getattr(row, field.attname) for field in self._fields}

    def insert(self, rows: Sequence[Row]) -> None:
        """All of them in their order, each with its number then; a statement for each AT_ONCE. On PostgreSQL
        as one JSON text, which takes a fraction of what Django takes to spell out each value.
        """
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            try:
                text = orjson.dumps([self.values(row) for row in some]).decode()
            except TypeError:  # what orjson does not write, Django may
                text = ""
            if text and connection.vendor == "postgresql":
                self._insert_read(some, text)
            else:
                self._model._default_manager.bulk_create(some)  # noqa: SLF001

    def _insert_read(self, rows: Sequence[Row], text: str) -> None:
        with prepared.cursor() as cursor:
            cursor.execute(self._insert, [text])
            numbers = cursor.fetchall()
        for row, (number,) in zip(rows, numbers, strict=True):
            row.pk, row._state.adding, row._state.db = number, False, connection.alias  # noqa: SLF001

    @cached_property
    def _insert(self) -> str:
        return (
            f"INSERT INTO {self.table} ({self.names()}) "  # noqa: S608
            f"SELECT row.* FROM jsonb_to_recordset(%s::jsonb) AS row ({self.typed}) "
            "RETURNING id"
        )

    @cached_property
    def _converted(self) -> list[tuple[int, Convert]]:
        """By place, what comes from the database in another form than Python has."""
        return [
            (place, convert)
            for place, field in enumerate(self._fields)
            if (convert := _converter(field)) is not None
        ]


def _converter(field: "Field[Any, Any]") -> Convert | None:
    if isinstance(field, JSONField):
        return lambda text: None if text is None else orjson.loads(text)
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert if steps else None
