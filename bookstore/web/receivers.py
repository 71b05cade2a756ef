"""What the shop's own pages do when the catalogue speaks."""

from pathlib import Path
from typing import Any

from django.dispatch import receiver

from bookstore.web.models import ShopPage
from catalog.demo import catalogue_loaded

SAMPLES = Path(__file__).parent / "demo"


@receiver(catalogue_loaded)
def add_sample_pages(**kwargs: Any) -> None:
    """Give a demo shop the pages that every shop needs; those that are there stay as they are."""
    for position, slug in enumerate(["contact", "shipping", "terms", "privacy", "imprint"], start=1):
        heading, _line, text = (SAMPLES / f"{slug}.md").read_text(encoding="utf-8").partition("\n")
        page = {"title": heading.removeprefix("# "), "text": text.strip(), "position": position}
        ShopPage.objects.get_or_create(slug=slug, defaults=page)
