"""Databases for trees of processes are taken from those that nobody uses."""

import subprocess

import redis

from tests import servers


def test_a_redis_database_is_taken_again_when_the_run_that_had_it_was_killed(both_servers, monkeypatch):
    monkeypatch.setattr(servers, "CLAIM", "a-claim-that-no-other-run-sees")
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    with redis.Redis.from_url(both_servers["REDIS_URL"]) as server:
        assert not servers._claimed(server)  # it is not empty, and whose it is, it does not say
        server.set(servers.CLAIM, f"{servers.PREFIX}{ended.pid}")
        assert servers._claimed(server)
        assert server.keys() == [servers.CLAIM.encode()]
        server.set("left", "1")
        assert not servers._claimed(server)  # ours, and we live
        server.set(servers.CLAIM, "somebody elsewhere")
        assert not servers._claimed(server)
        assert server.get("left") == b"1"
