"""From the wishlist into the cart: an act on two apps that do not know one another."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cart.services import Shopper, add_item
from wishlist.exceptions import WishNotFound
from wishlist.services import remove_wish


@require_POST
@login_required
def move_to_cart(request: HttpRequest, book_id: int) -> HttpResponse:
    """Do both or neither; who comes a second time, as by a double click, finds it done."""
    user: Any = request.user
    with transaction.atomic(), suppress(WishNotFound):
        remove_wish(user, book_id)
        add_item(Shopper(user_id=user.pk), book_id)
    params = {"moved": book_id, "sort": request.POST.get("sort", "")}
    return redirect(f"{reverse('wishlist:list')}?{urlencode(params)}")
