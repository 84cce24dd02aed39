"""One run: fault after fault, each with incidents of its own, and at the end the verdict."""

import random
from dataclasses import dataclass
from functools import partial
from statistics import quantiles
from time import time

from tests.chaos import tables
from tests.chaos.audit import Audit
from tests.chaos.faults import FAULTS, HANGING, LASTING
from tests.chaos.source import Incident
from tests.chaos.world import World

PATIENCE = 150.0
"""Seconds after the last alert of a fault until what has not arrived is lost. A lease is 15 s, the last retry
comes after 77.
"""
SHORTEST = 4.0  # seconds of a fault, however few the incidents are
PROGRESS = 5.0
LOOK = 0.1


@dataclass(frozen=True, kw_only=True)
class Options:
    """`rate` is alerts a second; `step` is what each step of a policy waits and `long` how long Redis is
    away, in seconds. `phones` is the share of incidents that go to phones. `copies` is how many machines with
    one of each process; the clock of the last is `ahead` (seconds).
    """

    incidents: int = 2000
    seed: int = 1
    faults: tuple[str, ...] = tuple(FAULTS)
    copies: int = 2
    rate: float = 12.0
    step: int = 3
    long: float = 30.0
    phones: float = 0.06
    changes_in: float = 60.0
    patience: float = PATIENCE
    ahead: float = 0


@dataclass(frozen=True)
class Row:
    """Of one fault. `in_flight` counts messages that a process held when it died or when PostgreSQL did, and
    those that a provider took without saying so; `next_try` is how long after a kill the last of the former
    was tried again (None: there was none), `step_late` how late the steps ran. Of the whole run:
    `notices_twice`, and how often each handoff was written down.
    """

    fault: str
    verdict: object
    in_flight: int
    next_try: float | None
    step_late: list
    notices_twice: list
    handed_over: dict


def run(options, say=print, *, make=World, acts=FAULTS):
    """The rows, one for each fault. RuntimeError where the processes do not come up. What a fault does is in
    `acts`, by its name.
    """
    chance = random.Random(options.seed)  # noqa: S311
    per_fault = split(options.incidents, len(options.faults))
    say(f"seed {options.seed}: starting PostgreSQL, Redis and {options.copies} of each process ...")
    with make(
        copies=options.copies,
        step=options.step,
        messages=round(options.incidents * options.phones) + len(options.faults),
        long=options.long,
        changes_in=options.changes_in,
        ahead=options.ahead,
    ) as world:
        incidents = []
        phones = iter(world.services["sms"])
        for fault, many in zip(options.faults, per_fault, strict=True):
            mine = _draw(world, chance, phones, options, fault=fault, many=many, so_far=len(incidents))
            incidents += mine
            _suffer(world, chance, mine, acts[fault], options=options, say=say)
        _drain(world, options, say)
        return _rows(world, incidents, options)


def split(total, parts):
    return [total // parts + (place < total % parts) for place in range(parts)]


def _draw(world, chance, phones, options, *, fault, many, so_far):
    """Incidents with the moments at which they come, what becomes of them, and about what they are."""
    seconds = max(many / options.rate, SHORTEST, options.long if fault in LASTING else 0)
    begin = time() + 0.2
    if fault == "clock-change":
        begin = max(begin, world.changes_at - seconds / 2)
    found = []
    for number in range(many):
        kind = "changing" if fault == "clock-change" else _kind(chance, options)
        service = next(phones, None) if kind == "sms" else chance.choice(world.services[kind])
        incident = Incident(
            title=f"chaos-{so_far + number:05}",
            service=service or chance.choice(world.services["mail"]),
            fault=fault,
            posts_at=begin + chance.uniform(0, seconds),
            end=chance.choices(["", "acknowledged", "resolved"], [70, 15, 15])[0],
            ends_after=chance.uniform(0, 2 * options.step),
        )
        found.append(incident)
    return found


def _kind(chance, options):
    return "sms" if chance.random() < options.phones else chance.choice(["mail", "mail", "team"])


def _suffer(world, chance, incidents, act, *, options, say):
    """Returns when all that is to arrive has arrived, or patience has ended."""
    if not incidents:
        return
    fault = incidents[0].fault
    begins, ends = (pick(one.posts_at for one in incidents) for pick in (min, max))
    world.now_doing = fault
    own = random.Random(chance.random())  # noqa: S311 - what the thread draws does not depend on its pace
    for incident in incidents:
        world.source.send(incident)
    does = world.later(begins, partial(act, world, own, ends - begins))
    said_at, given_up_at = 0.0, ends + options.long + options.patience
    while time() < given_up_at:
        world.pause(LOOK)
        _answer(world, incidents)
        if time() - said_at < PROGRESS and (time() < ends or not does.done()):
            continue
        audit = Audit(incidents, world.taken)
        open_ones = [one for one in incidents if not one.accepted_at or audit.unreached(one)]
        if time() - said_at >= PROGRESS:
            posted = sum(bool(one.accepted_at) for one in incidents)
            say(f"{fault}: {posted} of {len(incidents)} posted, {len(open_ones)} not yet all the way")
            said_at = time()
        if does.done() and not (open_ones or world.errands.left):
            break
    does.result()


def _answer(world, incidents):
    """Whoever gets the first mail about an incident acknowledges it, where that is its end."""
    waiting = {one.title: one for one in incidents if one.end == "acknowledged" and not one.ended_at}
    for taken in world.news():
        alone = taken.pages and len(taken.titles) == 1
        if alone and taken.titles[0] in waiting:
            world.source.acknowledge(waiting.pop(taken.titles[0]), taken.link)


def _drain(world, options, say):
    """Messages that were in somebody's hands leave a second time after all the rest."""
    say("waiting for what was in flight ...")
    until = time() + options.patience
    while tables.waiting(world.postgres) and time() < until:
        world.pause(0.5)
    world.pause(1)
    world.news()


def _rows(world, incidents, options):
    audit = Audit(incidents, world.taken)
    verdicts = audit.verdicts(hanging=HANGING)
    late = tables.step_lateness(world.postgres, options.step)
    faults = {one.title: one.fault for one in incidents}
    unanswered = [
        faults[one.titles[0]]
        for one in world.taken
        if one.titles and not one.answered and one.titles[0] in faults
    ]
    rows = []
    for fault in options.faults:
        tries = [
            seconds
            for doing, at, held in world.kills
            if doing == fault and held
            for seconds in tables.next_tries(world.postgres, held, at)
        ]
        rows.append(
            Row(
                fault,
                verdicts[fault],
                world.in_flight[fault] + unanswered.count(fault),
                max(tries, default=None),
                [
                    seconds
                    for title, all_of in late.items()
                    if faults.get(title) == fault
                    for seconds in all_of
                ],
                audit.notices_twice(),
                tables.handed_over(world.postgres),
            )
        )
    return rows


def share(values, percent):
    """The value below which so many percent lie."""
    if len(values) < 2:
        return max(values, default=0.0)
    return quantiles(values, n=100, method="inclusive")[percent - 1]
