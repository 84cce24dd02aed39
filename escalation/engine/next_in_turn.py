"""Where one of a list is asked at a time: the next one at once, when every message to one of them failed."""

from datetime import datetime

from escalation.core import moves
from escalation.core.cause import cause_of
from escalation.core.decision import PageTargets
from escalation.core.incident import State, Status
from escalation.core.policy import OutsideStep, Policy, Step
from escalation.engine.applying import in_step
from escalation.engine.around import Around
from escalation.engine.paging import Paging
from escalation.loading import state_of
from escalation.models import Incident
from paging.selectors import is_anyone_reached, usernames_paged
from people.ledger.record import Line


def ask_next_in_turn(row: Incident, run: str, *, now: datetime) -> bool:
    """Whether somebody is left to ask and can be reached. It is the same run of the same step, whose time
    goes on. In the caller's transaction, which holds the incident's lock; nobody whom it paged is reached.
    """
    decision = _again(state_of(row), Policy.from_json(row.policy), run)
    if decision is None:
        return False
    cause, lines = cause_of(row.pk), list[Line]()
    around = Around([row], at=now)
    paging = Paging(row, lines, around, now)
    in_step([paging.next_in_turn(decision, but=usernames_paged(cause, run))], lines, now=now)
    row.save(update_fields=["picked"])
    around.save_turns()
    return is_anyone_reached(cause, run)


def _again(state: State, policy: Policy, run: str) -> PageTargets | None:
    """What the run asked of lists in turn, as long as it is the one that is waited for; or None."""
    step = _step_of(state, policy, run)
    in_turn = tuple(target for target in step.targets if target.pick) if step else ()
    if step is None or not in_turn:
        return None
    return PageTargets(
        number=step.number,
        repeat=0 if isinstance(step, OutsideStep) else _repeat(run),
        run=run,
        targets=in_turn,
        outside=isinstance(step, OutsideStep),
        without=moves.on_it(state, policy),
    )


def _step_of(state: State, policy: Policy, run: str) -> Step | OutsideStep | None:
    if state.status is Status.RESOLVED:
        return None
    for outside in policy.outside:
        if run == f"{moves.OUTSIDE}{outside.number}":
            return outside
    if state.status is not Status.TRIGGERED or run != moves.last_run(state, policy):
        return None
    return next((step for step in policy.steps if run == moves.run_name(state, step, _repeat(run))), None)


def _repeat(run: str) -> int:
    """“2.1.3” is the repeat 1 of step 3."""
    return int(run.split(".")[1])
