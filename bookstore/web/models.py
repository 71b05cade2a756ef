"""The pages that a shop writes itself."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class ShopPageQuerySet(models.QuerySet["ShopPage"]):
    def shown(self) -> Self:
        """Pages that shoppers may read, in the order in which the footer names them."""
        return self.filter(is_shown=True).order_by("position", "title", "id")


class ShopPage(models.Model):
    """What a shop has to say in its own words: imprint, terms, privacy, delivery, how to reach it."""

    title = models.CharField(_("title"), max_length=100)
    slug = models.SlugField(
        _("address"),
        max_length=60,
        allow_unicode=True,
        db_index=False,  # the constraint has one
        help_text=_("The last part of its address: /pages/…/"),
    )
    text = models.TextField(
        _("text"),
        max_length=100_000,
        help_text=_("In Markdown: ## heading, *stressed*, - list, [link](/books/). HTML is shown as it is typed."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0, help_text=_("The lowest comes first."))
    is_shown = models.BooleanField(_("shown"), default=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = ShopPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("page of the shop")
        verbose_name_plural = _("pages of the shop")
        ordering = ["position", "title", "id"]
        constraints = [models.UniqueConstraint(fields=["slug"], name="shop_page_address_is_unique")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("web:page", args=[self.slug])
