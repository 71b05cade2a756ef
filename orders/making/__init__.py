"""Orders of two years, made up: what was bought, paid, sent, cancelled and given back, as in a shop that does well."""

from orders.making.running import make_orders

__all__ = ["make_orders"]
