"""Every metric's name on one page. No person's name is ever a label."""

from prometheus_client import Counter, Histogram

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

EVENTS = Counter("watchbill_events_total", "Events taken in, by source and action.", ["source", "action"])
EVENTS_REFUSED = Counter(
    "watchbill_events_refused_total", "Requests refused at an intake, by status.", ["source", "status"]
)
INCIDENTS = Counter("watchbill_incidents_total", "Incidents opened, by severity.", ["severity"])
DECISIONS = Counter("watchbill_decisions_total", "What the engine decided, by kind.", ["kind"])
STEP_LATENESS = Histogram(
    "watchbill_step_lateness_seconds",
    "How long after its wake_at an incident was looked at.",
    buckets=SECONDS,
)
PAGES = Counter("watchbill_pages_total", "Pages asked for, by urgency.", ["urgency"])
NOTICES = Counter("watchbill_notices_total", "Notices asked for: they tell, and page nobody.")
ATTEMPTS = Counter("watchbill_attempts_total", "Calls of a provider.", ["provider", "outcome"])
SEND_DELAY = Histogram(
    "watchbill_send_delay_seconds",
    "From a notification being due to the provider's answer.",
    ["kind"],
    buckets=SECONDS,
)
NUDGES = Counter("watchbill_nudges_total", "Hints given to the broker.", ["outcome"])
# Read from rows at each scrape (watchbill/web/metrics.py): name and help.
OPEN_INCIDENTS = ("watchbill_open_incidents", "Incidents not resolved, by status.")
NOTIFICATIONS_DAY = ("watchbill_notifications_day", "Notifications of the last 24 hours, by state.")
OLDEST_OVERDUE = (
    "watchbill_oldest_overdue_seconds",
    "How long the oldest due row waits to be decided or sent.",
)
REFUSING_PROVIDERS = (
    "watchbill_refusing_provider",
    "1 for each provider that refuses us altogether: its keys, its account, its region.",
)
CLOCK_DIFFERENCE = (
    "watchbill_clock_difference_seconds",
    "How far the database's clock is ahead of the clock of the process that answers.",
)
LOAD_PAGES = ("watchbill_load_pages", "Pages in the week of the team's newest pager-load report.")
LOAD_SLEEP_INTERRUPTIONS = (
    "watchbill_load_sleep_interruptions",
    "Interruptions in sleep hours in the week of the team's newest pager-load report.",
)
LOAD_SHIFTS = ("watchbill_load_shifts", "Shifts in the team's newest pager-load report, by verdict.")
LOAD_OVER_BUDGET = (
    "watchbill_load_shifts_over_budget_ratio",
    "The part of the team's shifts of 90 days with more pages than its budget, by its newest report.",
)
LOAD_UNTIL = (
    "watchbill_load_report_until_timestamp_seconds",
    "When the week of the team's newest pager-load report ended.",
)
DATABASE_UP = ("watchbill_database_up", "1 when the database answered this scrape.")

TICK_FAULTS = Counter("watchbill_tick_faults_total", "Ticks that ended in an error and were tried again.")
