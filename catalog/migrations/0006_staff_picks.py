import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_tiers_and_archived"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaffPick",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        limit_choices_to={"archived_at": None},
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.book",
                        verbose_name="book",
                    ),
                ),
                ("note", models.TextField(max_length=400, verbose_name="why we like it")),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="The lowest comes first.", verbose_name="position"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="shown")),
            ],
            options={
                "verbose_name": "staff pick",
                "verbose_name_plural": "staff picks",
                "ordering": ["position", "id"],
                "constraints": [models.UniqueConstraint(fields=("book",), name="staff_picks_a_book_once")],
            },
        ),
    ]
