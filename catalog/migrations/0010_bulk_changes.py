import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import catalog.models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_deliveries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("PRICE", "prices"), ("ON", "switched on"), ("OFF", "switched off")],
                        max_length=5,
                        verbose_name="what",
                    ),
                ),
                (
                    "percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True, verbose_name="per cent"),
                ),
                (
                    "amount",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=10, null=True, verbose_name="amount"),
                ),
                (
                    "rounding",
                    models.CharField(
                        choices=[
                            ("CENT", "to the cent"),
                            ("99", "to .99"),
                            ("95", "to .95"),
                            ("50", "to .50"),
                            ("WHOLE", "to a whole amount"),
                        ],
                        default="CENT",
                        max_length=5,
                        verbose_name="rounded",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                ("offers", models.PositiveIntegerField(default=0, verbose_name="offers")),
                ("key", models.CharField(max_length=64, unique=True, verbose_name="key")),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="at"),
                ),
            ],
            options={
                "verbose_name": "bulk change",
                "verbose_name_plural": "bulk changes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="BulkPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "offer_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None, verbose_name="offers"
                    ),
                ),
                ("changed", models.PositiveIntegerField(default=0, verbose_name="changed")),
                ("refused", models.JSONField(blank=True, default=list, verbose_name="refused")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done")),
            ],
            options={
                "verbose_name": "part of a bulk change",
                "verbose_name_plural": "parts of a bulk change",
                "ordering": ["id"],
            },
        ),
        migrations.AlterField(
            model_name="book",
            name="cover_image",
            field=models.ImageField(
                blank=True,
                upload_to="covers/",
                validators=[
                    django.core.validators.FileExtensionValidator(["jpg", "jpeg", "png", "webp"]),
                    catalog.models.not_too_large,
                ],
                verbose_name="cover",
            ),
        ),
        migrations.AddField(
            model_name="bulkchange",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="bulkpart",
            name="change",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="catalog.bulkchange",
                verbose_name="bulk change",
            ),
        ),
        migrations.AddConstraint(
            model_name="bulkchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount", None), ("kind", "PRICE"), ("percent__isnull", False)),
                    models.Q(("amount__isnull", False), ("kind", "PRICE"), ("percent", None)),
                    models.Q(("amount", None), ("kind__in", ["ON", "OFF"]), ("percent", None)),
                    _connector="OR",
                ),
                name="bulk_change_has_its_terms",
            ),
        ),
    ]
