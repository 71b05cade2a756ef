from collections.abc import Iterator
from typing import Any

import pytest

from cart.rpc.server import Server
from cart.tests.partner_doors import Grpc, Rest


@pytest.fixture
def grpc_port(transactional_db: None) -> Iterator[int]:
    """The port of a real server of partners' services, on the test's database."""
    server = Server("127.0.0.1", 0, threads=16)
    server.start()
    yield server.port
    assert server.stop()


@pytest.fixture
def partner(grpc_port: int) -> Iterator[Grpc]:
    with Grpc(f"127.0.0.1:{grpc_port}") as door:
        yield door


@pytest.fixture
def doors(live_server: Any, partner: Grpc) -> dict[str, Rest | Grpc]:
    return {"REST": Rest(live_server.url.removeprefix("http://")), "gRPC": partner}
