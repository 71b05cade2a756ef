import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.fields.json
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Who packs what; notes of the staff, which nothing wrote until now, join the timeline; orders found by name and ISBN."""

    dependencies = [
        ("accounts", "0006_found_by_name_and_email"),
        ("orders", "0002_bought_together"),
    ]

    operations = [
        migrations.CreateModel(
            name="Packing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("claimed_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="taken")),
                ("printed_at", models.DateTimeField(blank=True, null=True, verbose_name="slip printed")),
                (
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="packing",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "packer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="packer",
                    ),
                ),
            ],
            options={
                "verbose_name": "packing",
                "verbose_name_plural": "packings",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="OrderToPack",
            fields=[],
            options={
                "verbose_name": "order to pack",
                "verbose_name_plural": "orders to pack",
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("orders.order",),
        ),
        migrations.RemoveField(
            model_name="order",
            name="note",
        ),
        migrations.AlterField(
            model_name="orderevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("PENDING", "placed"),
                    ("CONFIRMED", "paid"),
                    ("PAYMENT_FAILED", "payment failed"),
                    ("SHIPPED", "shipped"),
                    ("DELIVERED", "delivered"),
                    ("CANCELLED", "cancelled"),
                    ("REFUNDED", "refunded"),
                    ("PARTLY_REFUNDED", "refunded in part"),
                    ("NOTED", "note of the staff"),
                ],
                max_length=16,
                verbose_name="what",
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector(
                    django.db.models.fields.json.KT("shipping_address__full_name"), config="names"
                ),
                fastupdate=False,
                name="order_by_words_of_recipient",
            ),
        ),
        migrations.AddIndex(
            model_name="orderitem",
            index=models.Index(fields=["isbn"], name="order_item_by_isbn"),
        ),
    ]
