"""How fast partners' services fill carts: the same adds by REST and by gRPC."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import Any

import grpc

from bench.load import Figures, measure
from cart.rpc.cart_pb2 import UpsertItemRequest
from cart.rpc.cart_pb2_grpc import CartServiceStub


def by_rest(port: int, partner: dict[str, Any], callers: int, seconds: float) -> Figures:
    return measure(port, [posted(add, partner["token"]) for add in partner["adds"]], clients=callers, seconds=seconds)


def posted(add: dict[str, int], token: str) -> str:
    body = json.dumps(add)
    head = ["POST /api/v1/cart/add-item HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", body])


def by_grpc(port: int, partner: dict[str, Any], callers: int, seconds: float) -> Figures:
    """Call from as many threads; they cost this process more than sockets do, so the server could do more."""
    adds = cycle([UpsertItemRequest(**add) for add in partner["adds"]])
    metadata = (("authorization", f"Bearer {partner['token']}"),)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, ThreadPoolExecutor(callers) as threads:
        upsert_item = CartServiceStub(channel).UpsertItem
        end = time.perf_counter() + seconds

        def call_on(_caller: int) -> list[float]:
            latencies = []
            while (began := time.perf_counter()) < end:
                upsert_item(next(adds), metadata=metadata)
                latencies.append((time.perf_counter() - began) * 1000)
            return latencies

        latencies = [latency for one in threads.map(call_on, range(callers)) for latency in one]
    return Figures.of(latencies, seconds)
