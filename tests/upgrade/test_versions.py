"""Which version an upgrade begins with, and what is said where git does not know it."""

import shutil
import subprocess

import pytest

from tests.upgrade import versions

WHO = ("-c", "user.name=Ana", "-c", "user.email=ana@example.com")


class Repository:
    def __init__(self, path):
        self.path = path

    def git(self, *arguments):
        ran = subprocess.run(
            ["git", *WHO, *arguments], cwd=self.path, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    def commit(self, **files):
        """Files by name, with `__` for a slash; the commit's name."""
        for name, text in files.items():
            path = self.path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "one more")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    path = tmp_path / "clone"
    path.mkdir()
    monkeypatch.setattr(versions, "ROOT", path)
    made = Repository(path)
    made.git("init", "--quiet")
    return made


def test_it_begins_with_the_last_commit_that_had_other_migrations(repository):
    repository.commit(paging__migrations__0001_one="1", code="1")
    before = repository.commit(code="2")
    repository.commit(paging__migrations__0002_two="1")
    repository.commit(code="3")
    assert versions.usual() == before


def test_it_begins_with_the_last_release_where_there_is_one(repository):
    repository.commit(paging__migrations__0001_one="1")
    repository.git("tag", "v1.0")
    repository.commit(paging__migrations__0002_two="1")
    repository.git("tag", "nightly")
    assert versions.usual() == "v1.0"


def test_where_no_commit_has_other_migrations_it_asks_which(repository):
    repository.commit(paging__migrations__0001_one="1")
    with pytest.raises(versions.Missing, match="Say which: FROM=<commit>"):
        versions.usual()


@pytest.mark.parametrize("revision", ["v9", "--help", "HEAD~99", "", "a b", "0" * 40])
def test_a_version_that_git_does_not_know_is_named(repository, tmp_path, revision):
    repository.commit(code="1")
    with pytest.raises(versions.Missing, match="is no commit of this clone"):
        versions.fetch(revision, tmp_path)


def test_a_version_from_before_there_was_anything_to_run_is_refused(repository, tmp_path):
    repository.commit(code="1")
    with pytest.raises(versions.Missing, match="choose a later commit"):
        versions.fetch("HEAD", tmp_path)


def test_a_shallow_clone_says_how_to_get_the_rest(repository, tmp_path, monkeypatch):
    repository.commit(paging__migrations__0001_one="1")
    first = repository.git("rev-parse", "HEAD")
    repository.commit(paging__migrations__0002_two="1")
    shallow = tmp_path / "shallow"
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.path}", str(shallow))
    monkeypatch.setattr(versions, "ROOT", shallow)
    for asks in (versions.usual, lambda: versions.fetch(first, tmp_path)):
        with pytest.raises(versions.Missing, match="git fetch --unshallow"):
            asks()


def test_without_history_it_says_so(repository, tmp_path):
    shutil.rmtree(repository.path / ".git")
    for asks in (versions.usual, lambda: versions.fetch("HEAD", tmp_path)):
        with pytest.raises(versions.Missing, match="no git history here"):
            asks()
