"""The server that partners' services call."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from cart.rpc.cart_pb2_grpc import add_CartServiceServicer_to_server
from cart.rpc.health import Health, Reflection, health
from cart.rpc.interceptor import SERVICE, Interceptor
from cart.rpc.servicer import CartServicer

GRACE = 10  # seconds in which running calls may finish
LONGEST_CLOSING = 15  # seconds; by then all has ended, or never will
LONGEST_QUEUE = 512  # calls at work and waiting; those beyond are refused, RESOURCE_EXHAUSTED

OPTIONS = [
    ("grpc.so_reuseport", 0),  # or two shops would share a port, and each get half of the other's calls
]


class Server:
    """
    The cart's service with health and reflection, on one port (0 for any; `port` says which).

    The database must have been used before: PostgreSQL is not to be started by a process that runs gRPC.
    Raises: RuntimeError where the port is taken.
    """

    def __init__(self, host: str, port: int, threads: int):
        pool = ThreadPoolExecutor(threads, thread_name_prefix="grpc")
        self._server = grpc.server(
            pool, interceptors=[Interceptor()], options=OPTIONS, maximum_concurrent_rpcs=LONGEST_QUEUE
        )
        self._health = Health([SERVICE])
        names = [SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME]
        add_CartServiceServicer_to_server(CartServicer(), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(Reflection(names), self._server)
        self.port = self._server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    def start(self) -> None:
        self._health.start()
        self._server.start()

    def stop(self) -> bool:
        """Take no more calls, and wait for those that are running; tell whether all ended in time."""
        self._health.close()
        return self._server.stop(GRACE).wait(LONGEST_CLOSING)
