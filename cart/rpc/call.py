"""One call: who makes it, how long it may take, and what is told beside its answer."""

from collections.abc import Callable
from typing import Any, ClassVar

import grpc
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from rest_framework import serializers

from accounts.authentication import session_of
from accounts.exceptions import Unauthenticated
from accounts.models import User
from bookstore.core.fields import TextField
from bookstore.core.middleware import sane_id
from cart.api.serializers import read
from cart.identity import HEADER, OFFERED

REQUEST_ID = "x-request-id"
LONGEST = 15  # seconds that a statement may take for callers who set no deadline, as in web processes


class Over(Exception):
    """Nobody waits for the answer any more: the deadline has passed, or the caller has gone."""


class GuestSerializer(serializers.Serializer[Any]):
    guest_token = TextField(max_length=200)


class Call:
    """
    One call, as servicers get it in the place of gRPC's context.

    It has the shape of a request as far as `cart.identity` asks: `user`, `headers`, `COOKIES` and `META`.
    """

    COOKIES: ClassVar[dict[str, str]] = {}

    def __init__(self, name: str, context: grpc.ServicerContext):
        self.name = name
        self.context = context
        self.metadata = {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}
        self.request_id = sane_id(self.metadata.get(REQUEST_ID, ""))
        self.told = {REQUEST_ID: self.request_id}
        self.user: User | AnonymousUser = AnonymousUser()
        self.headers: dict[str, str] = {}
        self.META: dict[str, str] = {}

    def identify(self, guest_token: str) -> None:
        """
        Find out who calls, by the rules of HTTP: an access token counts before a guest's.

        Raises: InvalidToken, Unauthenticated for nobody.
        """
        if session := session_of(self.metadata.get("authorization", "")):
            self.user = session.user
        elif guest_token:
            self.headers[HEADER] = read(GuestSerializer, {"guest_token": guest_token})["guest_token"]
        else:
            raise Unauthenticated

    @property
    def initial_metadata(self) -> tuple[tuple[str, str], ...]:
        """What is told before the answer: the request's id, and what the call has added."""
        new_token = {HEADER.lower(): self.META[OFFERED]} if OFFERED in self.META else {}
        return tuple((self.told | new_token).items())

    @property
    def is_late(self) -> bool:
        return not self.context.time_remaining()

    @property
    def is_over(self) -> bool:
        return self.is_late or not self.context.is_active()

    def limit_statements(self) -> None:
        """Let no statement of this call run, or wait for a lock, beyond the deadline."""
        seconds = min(self.context.time_remaining(), LONGEST)
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [str(int(seconds * 1000) or 1)])

    def watch(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        """Run a statement of this call, unless it is over: then what it wrote is rolled back. Raises: Over."""
        if self.is_over:
            raise Over
        return execute(*arguments)
