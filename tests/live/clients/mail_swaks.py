"""swaks, as a script at night uses it: a mail to the key's address. What it is about stands in a header."""

import subprocess
import sys
from os import environ

subjects = {
    "trigger": "PROBLEM: disk is full",
    "repeat": "PROBLEM: disk is full",
    "acknowledge": "ACKNOWLEDGEMENT: disk is full",
    "resolve": "RECOVERY: disk is full",
}
command = [
    "swaks",
    "--server",
    environ["MAIL"],
    "--from",
    "root@db1.example",
    "--to",
    f"{environ['KEY']}@localhost",
]
command += ["--header", f"Subject: {subjects[sys.argv[1]]}", "--body", "db1 is at 99 %"]
command += ["--header", f"X-Watchbill-Dedup-Key: {environ['ALIAS']}"]
sys.exit(subprocess.run(command, check=False).returncode)
