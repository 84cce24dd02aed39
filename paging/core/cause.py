"""What pages are about that no incident is: causes of the paging floor's own, as "type:id"."""

VERIFICATION = "verification"
"""A code on its way to the address that it proves: `verification:<id>`."""

TEST = "test"
"""A page that somebody asked for to see that they are reached: `test:<id of the person>`."""

TESTS = f"{TEST}:"
"""How the causes of test pages begin: what counts, measures or answers pages leaves them out."""


def cause_of(kind: str, number: int) -> str:
    return f"{kind}:{number}"


def is_code(cause: str) -> bool:
    return cause.startswith(f"{VERIFICATION}:")


def is_test(cause: str) -> bool:
    return cause.startswith(TESTS)


def subject_of(cause: str) -> tuple[str, int]:
    """The ledger's subject of a cause. Raises ValueError where it is not "type:id"."""
    kind, _, number = cause.partition(":")
    if not (kind and number.isdecimal()):
        raise ValueError(f"The cause is “{cause}”; write type:id, such as incident:42.")
    return kind, int(number)
