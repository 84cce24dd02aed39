"""What alerts of one group have in common."""

import hashlib
import json
from collections.abc import Mapping, Sequence

MOST_LABELS = 10


def group_of(labels: Mapping[str, str], *, by: Sequence[str]) -> str:
    """A digest of the values that `labels` have for the names in `by`; a label that is missing is empty.

    The names are in it: whoever groups by other labels begins new groups.
    """
    found = [[name, labels.get(name, "")] for name in sorted(by)]
    return hashlib.sha256(json.dumps(found).encode()).hexdigest()
