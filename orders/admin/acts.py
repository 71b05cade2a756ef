"""What staff do with orders and refunds: a form each, which asks what is needed and then calls the service."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import User
from bookstore.core.errors import Conflict, DomainError
from catalog.prices import format_price
from orders import services
from orders.models import Order, OrderEvent, OrderStatus, Refund
from orders.services.refunds import REFUNDABLE

Outcome = tuple[Any, DomainError | None]


def text_field(model: Any, name: str, **more: Any) -> forms.CharField:
    column = model._meta.get_field(name)
    options = {
        "label": capfirst(column.verbose_name),
        "required": False,
        "max_length": column.max_length,
        "widget": UnfoldAdminTextInputWidget,
        **more,
    }
    return forms.CharField(**options)


class Act(forms.Form):
    """
    One act on one or several rows. `question` stands above the form, `name` on its button.

    `fits` are the statuses in which its button is shown; what may really be done the service decides. `right` is the
    permission that it asks for: who packs gives no money back.
    """

    name: ClassVar[Any]
    icon: ClassVar[str]
    question: ClassVar[Any]
    right: ClassVar[str] = "orders.change_order"
    fits: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, rows: Sequence[Any], *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.rows = rows

    def perform(self, actor: User) -> Iterator[Outcome]:
        """Do it to each row, in a transaction of its own; yield each with what was refused, if it was."""
        for row in self.rows:
            try:
                self.act(row, actor)
            except DomainError as error:
                yield row, error
            else:
                yield row, None

    def act(self, row: Any, actor: User) -> None:
        raise NotImplementedError

    def show(self, refusal: DomainError) -> None:
        """Say in the form what was refused, beside the field it is about."""
        for name, sentence in (refusal.fields or {"": refusal.message}).items():
            self.add_error(name if name in self.fields else None, str(sentence))


class Ship(Act):
    name, icon, question = _("Ship"), "local_shipping", _("These orders are on their way. Their shoppers are told.")
    fits = frozenset({OrderStatus.CONFIRMED})

    def __init__(self, rows: Sequence[Order], *args: Any, **kwargs: Any):
        super().__init__(rows, *args, **kwargs)
        self.fields["carrier"] = text_field(Order, "carrier")
        for order in rows:
            label = _now("Tracking number of %(order)s") % {"order": order.number}
            goes_to = " · ".join(order.address_lines)
            self.fields[f"tracking-{order.pk}"] = text_field(Order, "tracking", label=label, help_text=goes_to)

    def act(self, row: Order, actor: User) -> None:
        tracking = self.cleaned_data[f"tracking-{row.pk}"]
        services.ship_order(row.pk, actor=actor, carrier=self.cleaned_data["carrier"], tracking=tracking)


class GiveBackToPack(Act):
    name, icon = _("Give back"), "undo"
    question = _("Whoever has taken these orders no longer packs them, and others can.")

    def act(self, row: Order, actor: User) -> None:
        services.give_back_order(row.pk)


class Deliver(Act):
    name, icon, question = _("Delivered"), "home_pin", _("These orders have arrived.")
    fits = frozenset({OrderStatus.SHIPPED})

    def act(self, row: Order, actor: User) -> None:
        services.deliver_order(row.pk, actor=actor)


class Cancel(Act):
    name, icon, right = _("Cancel the order"), "cancel", "orders.add_refund"
    question = _("All money that is left goes back, and the copies are for sale again. The shopper is told.")
    fits = frozenset({OrderStatus.CONFIRMED})

    def act(self, row: Order, actor: User) -> None:
        services.cancel_order(row.pk, actor=actor)


class AddNote(Act):
    name, icon, question = _("Add a note"), "sticky_note_2", _("Only the staff sees it; whoever packs is shown it.")
    fits = frozenset(OrderStatus)

    def __init__(self, rows: Sequence[Order], *args: Any, **kwargs: Any):
        super().__init__(rows, *args, **kwargs)
        area = UnfoldAdminTextareaWidget(attrs={"rows": 4})
        self.fields["text"] = text_field(OrderEvent, "note", required=True, widget=area)

    def act(self, row: Order, actor: User) -> None:
        services.add_note(row.pk, actor=actor, text=self.cleaned_data["text"])


class RefundedMeanwhile(Conflict):
    message = _("Money was given back since this page was opened. Please look again.")


class GiveBack(Act):
    """A refund of one order; `seen` is what was refunded when the form was opened, so that two clicks refund once."""

    name, icon, right = _("Refund"), "currency_exchange", "orders.add_refund"
    fits = frozenset(REFUNDABLE)
    question = _("With neither amount nor copies, all that is left goes back, shipping too.")

    def __init__(self, rows: Sequence[Order], *args: Any, **kwargs: Any):
        super().__init__(rows, *args, **kwargs)
        (order,) = rows
        left = format_price(order.refundable_amount, order.currency)
        self.fields["amount"] = forms.DecimalField(
            label=_("Amount"),
            required=False,
            min_value=Decimal("0.01"),
            max_digits=14,
            decimal_places=2,
            widget=UnfoldAdminDecimalFieldWidget,
            help_text=_now("%(left)s at most. Left empty, what the copies below cost.") % {"left": left},
        )
        self.items = list(order.items.all())
        for item in self.items:
            self.fields[f"copies-{item.pk}"] = forms.IntegerField(
                label=_now("Copies of %(title)s") % {"title": item.title},
                required=False,
                min_value=0,
                max_value=item.refundable_quantity,
                widget=UnfoldAdminIntegerFieldWidget,
                help_text=_now("%(left)d at most, %(price)s each.")
                % {"left": item.refundable_quantity, "price": format_price(item.unit_price, order.currency)},
            )
        self.fields["restock"] = forms.BooleanField(
            label=_("Put the copies back on sale"), required=False, widget=UnfoldBooleanWidget
        )
        self.fields["note"] = text_field(Refund, "note", help_text=_("For the staff."))
        self.fields["seen"] = forms.DecimalField(initial=order.refunded_amount, widget=forms.HiddenInput)

    @property
    def lines(self) -> dict[int, int] | None:
        copies = {item.pk: self.cleaned_data[f"copies-{item.pk}"] for item in self.items}
        return {item_id: count for item_id, count in copies.items() if count} or None

    @transaction.atomic
    def act(self, row: Order, actor: User) -> None:
        if Order.objects.locked().get(pk=row.pk).refunded_amount != self.cleaned_data["seen"]:
            raise RefundedMeanwhile
        given = {name: self.cleaned_data[name] for name in ("amount", "restock", "note")}
        services.refund_order(row.pk, actor=actor, lines=self.lines, **given)


class SettleByHand(Act):
    name, icon, right = _("Given back by hand"), "payments", "orders.change_refund"
    question = _("The provider refused these refunds, and you have given the money back another way.")

    def __init__(self, rows: Sequence[Refund], *args: Any, **kwargs: Any):
        super().__init__(rows, *args, **kwargs)
        self.fields["reference"] = text_field(
            Refund, "reference", label=_("How"), required=True, help_text=_("Such as: bank transfer of 3 May.")
        )

    def act(self, row: Refund, actor: User) -> None:
        services.settle_refund_by_hand(row.pk, actor=actor, reference=self.cleaned_data["reference"])


class Retry(Act):
    name, icon, right = _("Ask again"), "refresh", "orders.change_refund"
    question = _("The provider is asked for these refunds once more.")

    def act(self, row: Refund, actor: User) -> None:
        services.retry_refund(row.pk, actor=actor)
