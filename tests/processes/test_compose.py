"""docker-compose.yml, read and believed: each of our services' own command runs here, on this machine's
PostgreSQL and Redis, until its own health check passes, and ends when it is told to.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

from tests.processes.tree import PATIENCE, ROOT, clean_environment, free_port, until

COMPOSE = YAML(typ="safe", pure=True).load(ROOT / "docker-compose.yml")
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "watchbill"}
LASTING = [name for name in OURS if name != "migrate"]
SECRETS = {"POSTGRES_PASSWORD", "SECRET_KEY"}


def test_it_is_the_production_shape():
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "beat", "engine", "mail"}


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "migrate"])
def test_every_lasting_service_has_a_health_check_and_comes_back(name):
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", LASTING)
def test_our_services_wait_for_the_migrations(name):
    assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_no_secret_has_a_default():
    text = (ROOT / "docker-compose.yml").read_text()
    for name in SECRETS:
        used = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert used
        assert all(default.startswith(":?") for default in used)


def test_nothing_is_published_beyond_the_loopback():
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published == ["127.0.0.1:8000:8000", "127.0.0.1:2525:2525"]


def test_several_of_each_share_no_port_no_name_and_no_file():
    class WithReset(SafeConstructor):
        """Compose's own tag: what the other file says is left out."""

    WithReset.add_constructor("!reset", lambda *_: None)
    reader = YAML(typ="safe", pure=True)
    reader.Constructor = WithReset
    scaled = reader.load(ROOT / "docker-compose.scale.yml")["services"]
    assert set(scaled) - {"balancer"} <= set(OURS)
    assert scaled["web"]["ports"] is None
    assert scaled["balancer"]["ports"] == SERVICES["web"]["ports"]
    for name, service in OURS.items():
        assert "container_name" not in service
        environment = service["environment"] | scaled.get(name, {}).get("environment", {})
        assert environment.get("PROMETHEUS_MULTIPROC_DIR", "/tmp/").startswith("/tmp/")  # noqa: S108
        assert "/tmp" in service["tmpfs"]  # noqa: S108 - each container's own
    (mounted,) = scaled["balancer"]["volumes"]
    balancer = (ROOT / mounted.partition(":")[0]).read_text()
    assert f" web:{OURS['web']['environment']['PORT']} " in balancer
    assert "bind :8000" in balancer


def test_what_is_kept_is_a_named_volume():
    assert "postgres:/var/lib/postgresql/data" in SERVICES["postgres"]["volumes"]
    assert set(COMPOSE["volumes"]) == {"postgres", "metrics"}


def test_image_holds_what_runs_and_runs_as_nobody_special():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER watchbill$", dockerfile, re.MULTILINE)
    assert "--require-hashes" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {"watchbill", "escalation", "oncall", "paging", "people"} <= allowed
    assert {"manage.py", "requirements.lock"} <= allowed


@pytest.fixture(scope="module")
def here(both_servers, tmp_path_factory):
    """Environment values of the file, on the servers of this machine, with folders of this test."""
    return both_servers | {"SECRET_KEY": "c" * 50, "FOLDER": str(tmp_path_factory.mktemp("compose"))}


def environment_of(name, here):
    """As the service has it; only addresses, secrets and folders are this machine's."""
    folder = Path(here["FOLDER"]) / name
    folder.mkdir(exist_ok=True)
    written = {key: str(value) for key, value in OURS[name]["environment"].items() if "${" not in str(value)}
    given = written | {key: here[key] for key in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
    changes = {
        "ALIVE_FILE": folder / "alive",
        "PORT": free_port(),
        "MAIL_LISTEN": f"127.0.0.1:{free_port()}",
        "PROMETHEUS_MULTIPROC_DIR": folder / "metrics",
    }
    given |= {key: str(value) for key, value in changes.items() if key in given}
    environment = clean_environment(folder, **given)
    return environment | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"}


def run(command, environment):
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def is_healthy(name, environment):
    how, *check = OURS[name]["healthcheck"]["test"]
    assert how == "CMD-SHELL"
    return run(["/bin/sh", "-c", check[0].replace("$$", "$")], environment).returncode == 0


@pytest.fixture(scope="module")
def migrated(here):
    done = run(OURS["migrate"]["command"], environment_of("migrate", here))
    assert done.returncode == 0, done.stderr
    return here


@pytest.mark.processes
@pytest.mark.parametrize("name", LASTING)
def test_service_becomes_healthy_and_ends_when_told(name, migrated):
    environment = environment_of(name, migrated)
    assert not is_healthy(name, environment)
    with subprocess.Popen(OURS[name]["command"], cwd=ROOT, env=environment) as service:
        try:
            until(lambda: service.poll() is not None or is_healthy(name, environment), f"{name} is healthy")
            assert service.poll() is None
            service.terminate()
            assert service.wait(PATIENCE) == 0
        finally:
            service.kill()
