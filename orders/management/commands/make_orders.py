"""Fill a shop with made-up orders."""

from bookstore.core.making import MakingCommand, Tell
from orders.making import make_orders


class Command(MakingCommand):
    help = (
        "Add made-up orders of the last two years, with shoppers, movements of stock, charges, refunds and invoices, "
        "to measure and try things in. The stock stays as it is: what was sold had been delivered before."
    )
    things = "orders"

    def make(self, count: int, *, seed: int, tell: Tell) -> None:
        make_orders(count, seed=seed, tell=tell)
