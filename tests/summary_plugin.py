"""Says at the end on what the suite ran; under CI a test that was skipped fails the run."""

import os
import shutil

import pytest
from django.conf import settings

from tests import servers
from tests.processes import browser
from tests.readers.programs import missing

CI = os.environ.get("CI", "").lower() in {"1", "true"}


SERVERS = {"db", "transactional_db", "make_tree", "both_servers"}


def pytest_addoption(parser):
    parser.addoption(
        "--only-servers",
        action="store_true",
        help="leave out what touches neither a database nor a process: another run has done it",
    )


def pytest_collection_modifyitems(config, items):
    """What is about PostgreSQL alone is left out on SQLite, not skipped: a program is what a skip lacks."""
    on_servers = config.getoption("--only-servers")
    wanted, others = [], []
    for item in items:
        elsewhere = item.get_closest_marker("postgres") and not settings.ON_POSTGRES
        (others if elsewhere or (on_servers and not needs_server(item)) else wanted).append(item)
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = wanted


def needs_server(item):
    """A tree of processes runs on the servers of its leg; other processes are the same on both. What is about
    PostgreSQL alone no other run has done.
    """
    marked = item.get_closest_marker("django_db") or item.get_closest_marker("postgres")
    return bool(marked or SERVERS & set(getattr(item, "fixturenames", ())))


def is_controller(config):
    return not hasattr(config, "workerinput")


def pytest_sessionstart(session):
    if is_controller(session.config) and settings.ON_POSTGRES:
        servers.drop_orphans()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if (
        CI
        and reporter
        and is_controller(session.config)
        and reporter.stats.get("skipped")
        and exitstatus == 0
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if not is_controller(config):
        return
    terminalreporter.section("what ran on what")
    database = "PostgreSQL" if settings.ON_POSTGRES else "SQLite"
    broker = "Redis" if settings.ON_POSTGRES and settings.HAS_REDIS else "the embedded broker"
    terminalreporter.line(f"database: {database}")
    terminalreporter.line(f"whole process trees: {database} and {broker}")
    lacking = missing()
    terminalreporter.line(f"calendars read by ical.js: {f'NOT RUN, {lacking}' if lacking else 'yes'}")
    unseen = browser.missing()
    terminalreporter.line(f"pressed in a browser: {f'NOT RUN, {unseen}' if unseen else 'yes'}")
    skipped = len(terminalreporter.stats.get("skipped", ()))
    terminalreporter.line(f"skipped: {skipped}{' (CI=true: that fails the run)' if CI and skipped else ''}")


def pytest_unconfigure(config):
    if is_controller(config):
        shutil.rmtree(settings.VAR, ignore_errors=True)
