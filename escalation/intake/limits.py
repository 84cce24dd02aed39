"""How much comes by a key, and when that is more than it takes."""


class OverLimit(Exception):
    """More comes by this key (its id) than the `limit` of events a minute that it takes; nothing of the post
    was written. After `retry_after` seconds, at least 1, a post of it would be taken in again.
    """

    def __init__(self, key: int, *, limit: int, retry_after: int) -> None:
        super().__init__(f"more than {limit} events a minute")
        self.key = key
        self.limit = limit
        self.retry_after = retry_after
