"""Runs the suite once for each database: SQLite with the embedded broker, PostgreSQL with Redis.

Under CI both have to run; elsewhere PostgreSQL's turn is left out, and said to be, when none answers.
Arguments go to pytest.
"""
# ruff: noqa: T201 - it speaks to a terminal

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as ET

from tests.servers import postgres_answers, redis_answers

CI = os.environ.get("CI", "").lower() in {"1", "true"}


def main() -> int:
    missing = [
        name
        for name, there in {"PostgreSQL": postgres_answers(), "Redis": redis_answers()}.items()
        if not there
    ]
    if CI and missing:
        print(
            f"With CI=true nothing is left out, and {' and '.join(missing)} does not answer.", file=sys.stderr
        )
        return 1
    legs = ["sqlite"] if "PostgreSQL" in missing else ["sqlite", "postgres"]
    with TemporaryDirectory() as folder:
        # What touches no server is the same on both, and is run once.
        codes = {leg: run(leg, folder, *(["--only-servers"] if leg != legs[0] else [])) for leg in legs}
        for leg in legs:
            for failure in failures(Path(folder, leg)):
                print(f"\n{leg}: {failure}")
    for leg, code in codes.items():
        print(f"{leg}: {'passed' if code == 0 else f'FAILED (pytest ended with {code})'}")
    for name in missing:
        print(f"Not run: {name} does not answer, so what needs it was left out.")
    return max(codes.values())


def run(leg: str, folder: str, *options: str) -> int:
    """How pytest ended; what it found is in the file `leg` of `folder`."""
    print(f"== {leg}", flush=True)
    workers = ["-n", "2", "--dist", "worksteal"]
    told = ["--durations=25", "--durations-min=2", f"--junit-xml={Path(folder, leg)}"]
    pytest = [sys.executable, "-m", "pytest", "-q", *workers, *told, *options, *sys.argv[1:]]
    # Rewriting every assert takes each worker many seconds, so it is kept also where Python is told not to.
    given = {"TEST_DB": leg, "PYTHONDONTWRITEBYTECODE": ""}
    return subprocess.run(pytest, env=os.environ | given, check=False).returncode


def failures(found: Path) -> Iterator[str]:
    """Once more, and in few lines, at the end: of a long run only that may be kept."""
    if not found.exists():
        return
    for case in ET.parse(found).iter("testcase"):  # noqa: S314 - pytest's own
        for fault in [*case.iter("failure"), *case.iter("error")]:
            last = "\n".join((fault.text or "").splitlines()[-25:])
            yield f"{case.get('classname')}::{case.get('name')}: {fault.get('message')}\n{last}"


if __name__ == "__main__":
    sys.exit(main())
