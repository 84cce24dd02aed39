"""Breaks a whole installation on purpose, and looks whether a page was lost. See docs/chaos.md.

python -m tests.chaos --incidents 200 --seed 7 --faults kill-engine,redis-down
"""
# ruff: noqa: T201 - it speaks to a terminal

import argparse
import os
import signal
import sys
from dataclasses import fields
from time import time

from tests.chaos.faults import FAULTS
from tests.chaos.run import Options, run, share
from tests.chaos.servers import Missing, check_programs

USUAL = {field.name: field.default for field in fields(Options)}
HEAD = (
    f"{'fault':<17}{'incidents':>10}{'lost':>6}{'duplicated':>12}{'in flight':>11}{'latest':>9}"
    f"{'first page':>16}{'step late':>16}{'next try':>10}{'after end':>11}"
)


def main():
    options = read(sys.argv[1:])
    begun = time()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # whatever was started ends with it
    try:
        check_programs()
        rows = run(options, say=lambda line: print(f"{time() - begun:6.0f} s  {line}", flush=True))
    except Missing as fault:
        sys.exit(f"Chaos cannot begin: {fault}")
    tell(rows)
    minutes, load = (time() - begun) / 60, os.getloadavg()[0]
    print(f"\n{minutes:.1f} min, load {load:.1f} on {os.cpu_count()} cores, seed {options.seed}")
    lost = [f"{title} never reached {who}" for row in rows for title, who in row.verdict.lost]
    lost += [f"{title} was never taken by the web" for row in rows for title in row.verdict.untaken]
    for sentence in lost[:50]:
        print(f"LOST: {sentence}")
    for row in rows:
        for title, who, seconds in row.verdict.after_end[:5]:
            print(f"after the end: {title} to {who}, {seconds} s after it ({row.fault})")
        for title, who in row.verdict.after_receipt:
            print(f"again after its receipt: {title} to {who} ({row.fault})")
    return 1 if lost else 0


def read(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--incidents", type=int, default=USUAL["incidents"], help="of all faults together")
    parser.add_argument("--seed", type=int, default=USUAL["seed"], help="the same one draws the same run")
    parser.add_argument("--faults", default=",".join(FAULTS), help="of " + ", ".join(FAULTS))
    parser.add_argument("--copies", type=int, default=USUAL["copies"], help="machines with one of each")
    parser.add_argument("--rate", type=float, default=USUAL["rate"], help="alerts a second")
    parser.add_argument("--step", type=int, default=USUAL["step"], help="seconds that a step waits")
    parser.add_argument("--long", type=float, default=USUAL["long"], help="seconds that Redis is away")
    parser.add_argument("--ahead", type=float, default=USUAL["ahead"], help="seconds, of one machine's clock")
    given = vars(parser.parse_args(arguments))
    given["faults"] = tuple(given["faults"].split(","))
    if unknown := set(given["faults"]) - set(FAULTS):
        parser.error(f"--faults: {', '.join(sorted(unknown))} is none; choose from {', '.join(FAULTS)}.")
    return Options(**given)


def tell(rows):
    """One line a fault. Times in seconds; of two, half are below the one and 99 % below the other."""
    print(f"\n{HEAD}")
    for row in rows:
        verdict = row.verdict
        print(
            f"{row.fault:<17}{verdict.incidents:>10}{len(verdict.lost):>6}{len(verdict.duplicates):>12}"
            f"{row.in_flight:>11}{verdict.latest:>9.1f}{_two(verdict.first):>16}{_two(row.step_late):>16}"
            f"{'' if row.next_try is None else f'{row.next_try:.1f}':>10}{len(verdict.after_end):>11}"
        )


def _two(values):
    return f"{share(values, 50):.2f} / {share(values, 99):.2f}"


if __name__ == "__main__":
    sys.exit(main())
