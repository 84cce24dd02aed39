"""Gathers rows, asks the machine, applies the answer in one transaction.

Locks are always taken in one order, alerts before their incidents and incidents by id, so that an intake and
a person who resolve at the same moment wait for each other instead of deadlocking. Holding an incident's lock
proves that its state is the last one decided.
"""

from escalation.engine.applying import (
    LATELY,
    Change,
    Opening,
    Planned,
    apply,
    apply_all,
    open_incidents,
    plan_incident,
)
from escalation.engine.due import run_due
from escalation.engine.keeping import keep_windows, note_window, settle
from escalation.engine.one_by_one import apply_each

__all__ = [
    "LATELY",
    "Change",
    "Opening",
    "Planned",
    "apply",
    "apply_all",
    "apply_each",
    "keep_windows",
    "note_window",
    "open_incidents",
    "plan_incident",
    "run_due",
    "settle",
]
