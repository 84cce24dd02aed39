"""In the body of a REST request: a row, by its name."""

from typing import Any, TypeVar

from django.db.models import Model
from rest_framework import serializers

Row = TypeVar("Row", bound=Model)
NUL = "\x00"


class Named(serializers.SlugRelatedField[Row]):
    """Refuses a name with a NUL as one that nothing has: PostgreSQL would refuse to look for it."""

    def to_internal_value(self, data: Any) -> Row:
        if isinstance(data, str) and NUL in data:
            self.fail("does_not_exist", slug_name=self.slug_field, value=data.replace(NUL, "?")[:100])
        return super().to_internal_value(data)
