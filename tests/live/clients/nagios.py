"""Debian's Nagios 4 with our example: one service, whose checks are told to it, as are acknowledgements."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples" / "nagios"
FOLDER = Path(os.environ["FOLDER"]) / "nagios"
PATIENCE = 30  # seconds
OBJECT = dict(part.split("=") for part in os.environ["ALIAS"].split(";"))
HOST, SERVICE = OBJECT["host_name"], OBJECT["service_desc"]
CHECK = "PROCESS_SERVICE_CHECK_RESULT;{host};{service};{code};{said}"
COMMANDS = {
    "trigger": CHECK.format(host=HOST, service=SERVICE, code=2, said="DISK CRITICAL - 99% of / is full"),
    "repeat": f"SEND_CUSTOM_SVC_NOTIFICATION;{HOST};{SERVICE};2;mia;still so",
    "acknowledge": f"ACKNOWLEDGE_SVC_PROBLEM;{HOST};{SERVICE};2;1;0;mia;on it",
    "resolve": CHECK.format(host=HOST, service=SERVICE, code=0, said="DISK OK"),
}
MAIN = """
cfg_file={folder}/objects.cfg
log_file={folder}/nagios.log
object_cache_file={folder}/objects.cache
precached_object_file={folder}/objects.precache
status_file={folder}/status.dat
state_retention_file={folder}/retention.dat
temp_file={folder}/nagios.tmp
temp_path={folder}
check_result_path={folder}/results
lock_file={folder}/nagios.pid
command_file={folder}/commands
query_socket={folder}/query
log_archive_path={folder}
nagios_user={user}
nagios_group={user}
check_external_commands=1
enable_notifications=1
execute_service_checks=0
execute_host_checks=0
illegal_macro_output_chars=`~$&|'"<>
"""
OBJECTS = """
define timeperiod {{
    timeperiod_name 24x7
    alias always
    {days}
}}
define command {{
    command_name nothing
    command_line /bin/true
}}
define host {{
    host_name {host}
    address 127.0.0.1
    check_command nothing
    max_check_attempts 1
    check_period 24x7
    notification_period 24x7
    contacts watchbill
}}
define service {{
    host_name {host}
    service_description {service}
    check_command nothing
    max_check_attempts 1
    check_period 24x7
    notification_period 24x7
    notification_interval 60
    active_checks_enabled 0
    passive_checks_enabled 1
    contacts watchbill
}}
"""
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def start():
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "results").mkdir(parents=True)
    address = FOLDER / "watchbill.address"
    address.write_text(f"{os.environ['HTTP']}/integrations/nagios/{os.environ['KEY']}\n")
    ours = (EXAMPLES / "watchbill.cfg").read_text()
    ours = ours.replace("/usr/local/bin/notify-watchbill", str(EXAMPLES / "notify-watchbill"))
    ours = ours.replace("/etc/nagios4/watchbill.address", str(address))
    days = "\n    ".join(f"{day} 00:00-24:00" for day in DAYS)
    (FOLDER / "objects.cfg").write_text(ours + OBJECTS.format(host=HOST, service=SERVICE, days=days))
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    (FOLDER / "nagios.cfg").write_text(MAIN.format(folder=FOLDER, user=user))
    subprocess.run(["nagios4", "-d", FOLDER / "nagios.cfg"], check=True, stdout=subprocess.DEVNULL)


def say(command):
    """By its command file, once it listens there."""
    until = time.monotonic() + PATIENCE
    while not (FOLDER / "commands").exists():
        if time.monotonic() > until:
            sys.exit(f"Nagios does not listen: {(FOLDER / 'nagios.log').read_text()[-800:]}")
        time.sleep(0.1)
    with (FOLDER / "commands").open("w") as file:
        file.write(f"[{int(time.time())}] {command}\n")


def stop():
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int((FOLDER / "nagios.pid").read_text()), signal.SIGTERM)


match sys.argv[1]:
    case "end":
        stop()
    case asked:
        if asked == "trigger":
            start()
        say(COMMANDS[asked])
