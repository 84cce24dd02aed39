"""One person who uses the API."""

import json

from django.test import Client

from people import actions as people
from people.models import User
from tests.world import TESTS


class Caller:
    """With a token of `user`; a body that is no text yet is sent as JSON."""

    def __init__(self, user: User, *, now) -> None:
        token = people.create_token(user=user, by=TESTS, now=now)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str, **query: str):
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, body=None):
        data = body if isinstance(body, bytes | str) else json.dumps(body or {})
        return self.client.post(f"/api/v1/{path}", data, "application/json")

    def delete(self, path: str):
        return self.client.delete(f"/api/v1/{path}")
