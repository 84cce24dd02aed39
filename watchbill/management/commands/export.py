"""`manage.py export [FILE]`: the organisation as a document."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from watchbill.provisioning.export import export
from watchbill.provisioning.faults import DocumentFaults


class Command(BaseCommand):
    help = "Writes the organisation as a document, to FILE or standard output. Applying it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", nargs="?", default="-")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        try:
            text = export(now=timezone.now())
        except DocumentFaults as faults:
            raise CommandError(f"The organisation cannot be written as a document.\n{faults}") from None
        if file == "-":
            self.stdout.write(text, ending="")
            return
        try:
            _write(Path(file), text)
        except OSError as fault:
            raise CommandError(f"{file} cannot be written: {fault.strerror}.") from None


def _write(path: Path, text: str) -> None:
    """Readable by its owner alone, because the routing keys are in it."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
