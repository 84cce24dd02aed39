#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "watchbill.settings")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as fault:
        lines = "; ".join(str(fault).strip().splitlines())
        sys.exit(f"The database cannot be asked: {lines}. Is it there, and did `manage.py migrate` run?")
