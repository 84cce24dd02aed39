"""Upgrades an installation while alerts come in, and looks whether a page was lost. docs/several-machines.md.

python -m tests.upgrade --from 9d4edde
"""
# ruff: noqa: T201 - it speaks to a terminal

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from time import time

from tests.chaos import servers
from tests.chaos.__main__ import tell
from tests.upgrade import versions
from tests.upgrade.drill import drill

CANNOT_BEGIN = 2


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__.partition("\n")[0])
    parser.add_argument("--from", dest="revision", default="", help="the old version: a commit or a tag")
    parser.add_argument("--incidents", type=int, default=120, help="of all phases together")
    parser.add_argument("--seed", type=int, default=1, help="the same one draws the same run")
    given = parser.parse_args()
    begun = time()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever was started ends with it
    with tempfile.TemporaryDirectory(prefix="upgrade-") as folder:
        try:
            servers.check_programs()
            revision = given.revision or versions.usual()
            old = versions.fetch(revision, Path(folder))
        except (versions.Missing, servers.Missing) as fault:
            print(f"The drill cannot begin: {fault}", file=sys.stderr)
            return CANNOT_BEGIN
        print(f"From {versions.described(revision)} to what is in this folder.", flush=True)
        rows, complaints, before = drill(
            old,
            incidents=given.incidents,
            seed=given.seed,
            say=lambda line: print(f"{time() - begun:6.0f} s  {line}", flush=True),
        )
    tell(rows)
    lost = [f"{title} never reached {who}" for row in rows for title, who in row.verdict.lost]
    lost += [f"{title} was never taken by the web" for row in rows for title in row.verdict.untaken]
    for sentence in lost[:50]:
        print(f"LOST: {sentence}")
    for complaint in before:
        print(f"before the upgrade, too: {complaint}")
    for complaint, times in complaints.most_common():
        print(f"{times} times: {complaint}")
    return 1 if lost or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
