"""A file that a process touches while it does its work, for a health check that costs nothing.

`ALIVE_FILE` names it; without that variable nothing is written. What the file's age proves is that the
process has looked for due rows (or, for beat, at its schedule) that recently and got an answer.
"""

import os
from pathlib import Path


def touch() -> None:
    path = os.environ.get("ALIVE_FILE", "")
    if path:
        Path(path).touch()
