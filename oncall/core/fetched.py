"""Which program last read a calendar, and when, in words."""

from datetime import datetime, timedelta

# What each program writes of itself, the telling word first: Google's and Microsoft's also say “Mozilla”.
PROGRAMS = (
    ("google", "Google"),
    ("thunderbird", "Thunderbird"),
    ("lightning", "Thunderbird"),
    ("outlook", "Outlook"),
    ("microsoft", "Outlook"),
    ("exchange", "Outlook"),
    ("fastmail", "Fastmail"),
    ("cyrus", "Fastmail"),
    ("dataaccessd", "Apple"),
    ("calendaragent", "Apple"),
    ("ios/", "Apple"),
    ("macos/", "Apple"),
    ("mac os x/", "Apple"),
    ("mac+os+x/", "Apple"),
    ("curl/", "curl"),
)
LONGEST_WORD = 30
UNITS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


def program_of(user_agent: str) -> str:
    """Google, Apple, Outlook, Thunderbird, Fastmail or curl; otherwise the first word it says of itself.

    Of a word with a version, as in `DAVx5/4.4`, only what stands before it.
    """
    folded = user_agent.casefold()
    for telling, name in PROGRAMS:
        if telling in folded:
            return name
    word = next(iter(user_agent.split()), "").partition("/")[0]
    shown = "".join(letter for letter in word if letter.isprintable())[:LONGEST_WORD]
    return shown or "a program that does not say its name"


def ago(at: datetime, *, now: datetime) -> str:
    """“3 d ago”, “6 h ago”, “5 min ago”, “just now”: whole units that have passed, of the largest."""
    for unit, name in UNITS:
        if now - at >= unit:
            return f"{(now - at) // unit} {name} ago"
    return "just now"


def last_fetched(at: datetime | None, user_agent: str, *, now: datetime) -> str:
    """“last fetched by Google 6 h ago”, or “never fetched”."""
    return "never fetched" if at is None else f"last fetched by {program_of(user_agent)} {ago(at, now=now)}"
