"""How fast shoppers buy by API: each fills the cart and pays, over and over."""

import json
import selectors
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

from bench.load import Client, Figures

ADD = "/api/v1/cart/items"
CHECKOUT = "/api/v1/orders/checkout"
CREATED, CONFLICT = 201, 409

FIRST_SECONDS = 3
REFUSALS = 10  # for each shopper, once the last copy is sold

# A shopper sends requests and is told the status of each answer.
Shopper = Generator[str, int | None, None]


class Answer(NamedTuple):
    """What came of one request; `at` is in seconds since the doors opened."""

    path: str
    status: int
    at: float
    milliseconds: float


@dataclass
class Sales:
    """All answers that shoppers got."""

    answers: list[Answer] = field(default_factory=list)

    def of(self, path: str, *statuses: int, until: float = float("inf")) -> list[Answer]:
        wanted = statuses or (CREATED,)
        return [each for each in self.answers if each.path == path and each.status in wanted and each.at <= until]

    def figures(self, path: str, *statuses: int, seconds: float) -> Figures:
        """Rates count what was answered in so many seconds, times all that was asked."""
        counted = self.of(path, *statuses, until=seconds)
        return Figures.of([each.milliseconds for each in counted], seconds)

    def refusals(self) -> Figures:
        """Those who came too late, from the first of them on."""
        late = sorted(self.of(ADD, CONFLICT) + self.of(CHECKOUT, CONFLICT), key=lambda answer: answer.at)
        seconds = late[-1].at - late[0].at if late else 0
        return Figures.of([each.milliseconds for each in late], seconds or 1)

    def others(self, *expected: int) -> Counter[int]:
        """Count the statuses that none of them should have got."""
        return Counter(each.status for each in self.answers if each.status not in expected)

    @property
    def sold_out_at(self) -> float:
        """When the last order was confirmed."""
        return max((each.at for each in self.of(CHECKOUT)), default=0)


def buy_variety(port: int, till: dict[str, Any], seconds: float) -> Sales:
    """Let every shopper buy one to three of many titles at once, until the time is over."""
    random = Random(1)  # noqa: S311 - nothing here is secret

    def shopper(token: str, is_open: Callable[[], bool]) -> Shopper:
        while is_open():
            for book in random.sample(till["books"], random.randint(1, 3)):
                yield posted(ADD, token, book_id=book)
            yield posted(CHECKOUT, token, payment_token="tok_ok")  # noqa: S106

    end = time.perf_counter() + seconds
    return serve(port, [shopper(token, lambda: time.perf_counter() < end) for token in till["tokens"]])


def buy_hot_title(port: int, tokens: Iterable[str], title: dict[str, int], payment: str) -> Sales:
    """Let every shopper buy the same title, one copy at a time, until it is sold out and some refusals after."""

    def shopper(token: str) -> Shopper:
        refusals, is_in_cart = 0, False
        while refusals < REFUSALS:
            request = posted(CHECKOUT, token, payment_token=payment) if is_in_cart else posted(ADD, token, **title)
            if (yield request) == CREATED:
                is_in_cart = not is_in_cart
            else:
                refusals += 1

    return serve(port, [shopper(token) for token in tokens])


def posted(path: str, token: str, **body: Any) -> str:
    content = json.dumps(body)
    head = [f"POST {path} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    if path == CHECKOUT:
        head.append(f"Idempotency-Key: {uuid4()}")
    return "\r\n".join([*head, "", content])


def serve(port: int, shoppers: Iterable[Shopper]) -> Sales:
    """Give each shopper a connection, and ask what they ask until they go."""
    sales = Sales()
    opened = time.perf_counter()
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        for shopper in shoppers:
            client = Client(port)
            stack.enter_context(client.socket)
            selector.register(client.socket, selectors.EVENT_READ, (client, shopper))
            go_on(selector, client, shopper, None)
        while selector.get_map():
            for key, _events in selector.select(1):
                client, shopper = key.data
                if client.is_answered():
                    path = client.path.removeprefix("POST ")
                    sales.answers.append(Answer(path, client.status, time.perf_counter() - opened, client.milliseconds))
                    go_on(selector, client, shopper, client.status)
    return sales


def go_on(selector: selectors.BaseSelector, client: Client, shopper: Shopper, status: int | None) -> None:
    try:
        client.ask(shopper.send(status))
    except StopIteration:
        selector.unregister(client.socket)
