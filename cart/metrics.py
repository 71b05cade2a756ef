"""What carts count for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

CREATED = Counter("cart_create", "Carts begun.")
ADDED = Counter("cart_add", "Times that copies were put into a cart.")
UPDATED = Counter("cart_update", "Times that a line was given another number of copies.")
REMOVED = Counter("cart_remove", "Lines taken out.")
CONFLICTS = Counter("cart_item_conflict", "Times that a change met a line, a limit or a lock that was there already.")

CALLS = Counter("grpc_calls", "gRPC calls answered.", ["method", "status"])
CALL_DURATION = Histogram("grpc_call_duration_seconds", "Time to answer a gRPC call.", ["method"])
CALLS_IN_PROGRESS = Gauge("grpc_calls_in_progress", "gRPC calls being answered now.", multiprocess_mode="livesum")
