"""What is done to a run, each by a name of its own. `chance` draws what is random, `seconds` is how long
alerts come meanwhile, and a fault that lasts does so for `world.long` seconds.
"""

from functools import partial
from time import time

KILLS_EVERY = 4.0  # seconds, about


def nothing(world, chance, seconds):
    """So that the other rows can be read."""


def kill(world, chance, seconds, *, names):
    """One of them at a time, at moments drawn by chance."""
    for _ in world.moments(chance, max(2, round(seconds / KILLS_EVERY)), seconds):
        world.kill(chance, *names)


def kill_all(world, chance, seconds):
    for _ in world.moments(chance, 2, seconds):
        world.kill_all()


def take_machine(world, chance, seconds):
    """Half-way, web, worker, beat and engine of one machine at the same moment; back with the last alert."""
    machine = chance.randrange(world.copies)
    world.pause(seconds / 2)
    world.take_away(machine)
    world.pause(seconds / 2)
    world.processes.bring_back(machine)


def flush_redis(world, chance, seconds):
    for _ in world.moments(chance, 5, seconds):
        world.redis.flush()


def hang_redis(world, chance, seconds):
    world.redis.hang()
    world.pause(world.long)
    world.redis.go_on()


def stop_redis(world, chance, seconds):
    world.redis.kill()
    world.pause(world.long)
    world.redis.start()


def restart_postgres(world, chance, seconds):
    for _ in world.moments(chance, 2, seconds):
        world.restart_postgres(away=chance.uniform(0, 2))


def providers(world, chance, seconds, *, word):
    """Mail and phones at once, for a third of the time: pages have to come through afterwards."""
    world.pause(seconds / 6)
    world.tell_providers(word)
    world.pause(max(seconds, world.long) / 3)
    world.tell_providers("well")


def change_clocks(world, chance, seconds):
    """Nothing is done: the zones of two services do it, in the middle of the time."""
    world.pause(max(0.0, world.changes_at - time()))


def everything(world, chance, seconds):
    """All of the above in an order drawn by chance, the long ones short."""
    brief = min(seconds, world.long) / 10
    done = [
        partial(world.kill, chance, "web"),
        partial(world.kill, chance, "worker"),
        partial(world.kill, chance, "beat"),
        partial(world.kill, chance, "engine"),
        partial(world.kill, chance, "worker", "engine"),
        world.redis.flush,
        partial(_for_a_while, world, brief, world.redis.hang, world.redis.go_on),
        partial(_for_a_while, world, brief, world.redis.kill, world.redis.start),
        partial(world.restart_postgres, away=chance.uniform(0, 1)),
        partial(
            _for_a_while,
            world,
            brief,
            partial(world.tell_providers, "fail"),
            partial(world.tell_providers, "well"),
        ),
    ]
    chance.shuffle(done)
    for act, _ in zip(done, world.moments(chance, len(done), seconds), strict=True):
        act()


def _for_a_while(world, seconds, begin, end):
    begin()
    world.pause(seconds)
    end()


FAULTS = {
    "nothing": nothing,
    "clock-change": change_clocks,
    "kill-web": partial(kill, names=("web",)),
    "kill-worker": partial(kill, names=("worker",)),
    "kill-beat": partial(kill, names=("beat",)),
    "kill-engine": partial(kill, names=("engine",)),
    "kill-all": kill_all,
    "machine-dies": take_machine,
    "flush-redis": flush_redis,
    "redis-hangs": hang_redis,
    "redis-down": stop_redis,
    "restart-postgres": restart_postgres,
    "providers-hang": partial(providers, word="hang"),
    "providers-fail": partial(providers, word="fail"),
    "everything": everything,
}
LASTING = {"redis-hangs", "redis-down"}
"""These take `world.long` seconds, however few the incidents are."""
HANGING = {"providers-hang"}
