"""What a verb refuses, as an answer: 409 to who came too late, 400 with the sentence else."""

from collections.abc import Iterator
from contextlib import contextmanager

from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import APIException, ValidationError

from oncall.actions import Overtaken, Refused

TOO_LATE = OpenApiResponse(description="Somebody was quicker, or it is over; `detail` says which.")


class Conflict(APIException):
    """What was asked for does not fit how things stand any more."""

    status_code = 409
    default_code = "conflict"


@contextmanager
def refusals() -> Iterator[None]:
    try:
        yield
    except Overtaken as late:
        raise Conflict(str(late)) from None
    except Refused as refusal:
        raise ValidationError({"non_field_errors": [str(refusal)]}) from None
