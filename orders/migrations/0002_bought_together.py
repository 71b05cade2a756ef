import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0008_index_movements_once"),
        ("orders", "0001_orders"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoughtTogether",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.PositiveSmallIntegerField(verbose_name="score")),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.book",
                        verbose_name="book",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.book",
                        verbose_name="bought with it",
                    ),
                ),
            ],
            options={
                "verbose_name": "bought together",
                "verbose_name_plural": "bought together",
                "constraints": [
                    models.UniqueConstraint(fields=("book", "other"), name="bought_together_once"),
                    models.CheckConstraint(
                        condition=models.Q(("book", models.F("other")), _negated=True),
                        name="bought_together_is_another",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 1), ("score__lte", 1000)), name="bought_together_is_scored"
                    ),
                ],
            },
        ),
    ]
