"""What prebooking does when the catalogue or accounts speak."""

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import User
from accounts.services import account_closing, personal_data_collected
from catalog.models import StockMovement
from prebooking import services
from prebooking.models import Prebook


@receiver(post_save, sender=StockMovement)
def wake_waiting(instance: StockMovement, **kwargs: Any) -> None:
    """Tell those who wait; copies that go bring nothing back."""
    if instance.delta >= 0:
        services.wake(instance.offer.book_id)


@receiver(personal_data_collected)
def collect_prebooks(user: User, **kwargs: Any) -> dict[str, Any]:
    """Hand out what the account has prebooked."""
    columns = ["book__title", "status", "created_at", "notified_at", "fulfilled_at", "cancelled_at", "mailed_at"]
    rows = Prebook.objects.of(user).order_by("pk").values_list(*columns)
    return {"prebooks": [dict(zip(["title", *columns[1:]], row, strict=True)) for row in rows]}


@receiver(account_closing)
def leave_queues(user: User, **kwargs: Any) -> None:
    """Let no return of a book meet the deletion of the prebooks half way."""
    services.lock_books_of(Prebook.objects.open().of(user))
