from django.db import migrations, models


class Migration(migrations.Migration):
    """What staff think of ordering: offers that run low, found by an index, and what was searched for in vain."""

    dependencies = [
        ("catalog", "0011_book_lists_of_staff"),
    ]

    operations = [
        migrations.CreateModel(
            name="MissedSearch",
            fields=[
                ("words", models.CharField(max_length=100, primary_key=True, serialize=False, verbose_name="words")),
                ("count", models.PositiveIntegerField(verbose_name="searches")),
                ("last_at", models.DateTimeField(verbose_name="last")),
            ],
            options={
                "verbose_name": "search in vain",
                "verbose_name_plural": "searches in vain",
                "ordering": ["-count", "words"],
            },
        ),
        migrations.CreateModel(
            name="OfferRunningLow",
            fields=[],
            options={
                "verbose_name": "offer running low",
                "verbose_name_plural": "offers running low",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("catalog.offer",),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(
                condition=models.Q(("is_active", True)), fields=["stock_quantity", "id"], name="offer_by_stock"
            ),
        ),
    ]
