"""`manage.py apply FILE`: make the organisation match a document."""

import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from watchbill.provisioning.apply import apply
from watchbill.provisioning.faults import DocumentFaults
from watchbill.provisioning.plan import Plan
from watchbill.provisioning.reading import LARGEST
from watchbill.provisioning.telling import tell, tell_advice

WRONG = 2


class Command(BaseCommand):
    help = "Makes the organisation match the document in FILE (- is standard input), in one transaction."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument(
            "--prune", action="store_true", help="also retire what the document does not name"
        )

    def handle(self, *args: Any, file: str, dry_run: bool, prune: bool, **options: Any) -> None:
        source = _read(file)
        name = "standard input" if file == "-" else Path(file).name
        try:
            plan = apply(source, name=name, now=timezone.now(), prune=prune, dry_run=dry_run, say=self._say)
        except DocumentFaults as faults:
            for fault in faults.faults:
                self.stderr.write(str(fault))
            count = len(faults.faults)
            what = f"{file}: {count} {'error' if count == 1 else 'errors'}; nothing was written."
            raise CommandError(what, returncode=WRONG) from None
        if plan.changes:
            with suppress(BrokenPipeError):
                for line in tell_advice(plan.advice):
                    self.stdout.write(line)
                self.stdout.write("dry run: nothing was written" if dry_run else "done")

    def _say(self, plan: Plan) -> None:
        """Inside the transaction: a reader who closes the pipe early must not undo what is applied."""
        with suppress(BrokenPipeError):
            for line in tell(plan):
                self.stdout.write(line)
            self.stdout.flush()


def _read(file: str) -> bytes:
    """At most a byte more than is allowed, so that a huge file is refused and not read."""
    try:
        if file == "-":
            return sys.stdin.buffer.read(LARGEST + 1)
        with Path(file).open("rb") as stream:
            return stream.read(LARGEST + 1)
    except OSError as fault:
        raise CommandError(f"{file} cannot be read: {fault.strerror}.", returncode=WRONG) from None
