import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_index_movements_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "reference",
                    models.CharField(
                        help_text="What stands on the delivery note, such as its number.",
                        max_length=200,
                        verbose_name="reference",
                    ),
                ),
                ("opened_at", models.DateTimeField(auto_now_add=True, verbose_name="opened")),
                ("closed_at", models.DateTimeField(blank=True, null=True, verbose_name="closed")),
                (
                    "opened_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="opened by",
                    ),
                ),
                (
                    "seller",
                    models.ForeignKey(
                        help_text="Whose stock it is.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="catalog.seller",
                        verbose_name="seller",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("seller", "reference"),
                        name="delivery_is_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DeliveryLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("copies", models.PositiveIntegerField(verbose_name="copies")),
                ("stock_before", models.PositiveIntegerField(verbose_name="stock before")),
                ("stock_after", models.PositiveIntegerField(verbose_name="stock after")),
                ("scanned_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="scanned")),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="catalog.delivery",
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.offer",
                        verbose_name="offer",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivered title",
                "verbose_name_plural": "delivered titles",
                "ordering": ["-scanned_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("delivery", "offer"), name="delivery_has_an_offer_once"),
                    models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="delivery_line_has_copies"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptAside",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("isbn", models.CharField(max_length=13, verbose_name="ISBN")),
                ("copies", models.PositiveIntegerField(verbose_name="copies")),
                ("scanned_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="scanned")),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kept_aside",
                        to="catalog.delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "kept aside",
                "verbose_name_plural": "kept aside",
                "ordering": ["-scanned_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("delivery", "isbn"), name="delivery_keeps_an_isbn_aside_once"),
                    models.CheckConstraint(condition=models.Q(("copies__gt", 0)), name="kept_aside_has_copies"),
                ],
            },
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="delivery",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="catalog.delivery",
                verbose_name="delivery",
            ),
        ),
        migrations.AddIndex(
            model_name="stockmovement",
            index=models.Index(
                condition=models.Q(("delivery__isnull", False)), fields=["delivery"], name="movement_by_delivery"
            ),
        ),
    ]
