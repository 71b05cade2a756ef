from typing import Any

import factory

from accounts.tests.factories import UserFactory
from catalog.tests.factories import BookFactory
from prebooking import services
from prebooking.models import Prebook


class PrebookFactory(factory.Factory[Prebook]):
    """A prebook made through the service, by a reader of its own for a book of its own."""

    class Meta:
        model = Prebook

    user = factory.SubFactory(UserFactory)
    book = factory.SubFactory(BookFactory)

    @classmethod
    def _create(cls, model_class: type[Prebook], *args: Any, **kwargs: Any) -> Prebook:
        return services.create_prebook(kwargs["user"], kwargs["book"].pk)
