from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_staff_picks"),
    ]

    operations = [
        migrations.AddField(
            model_name="book",
            name="turned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="sold out, or back since"),
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                models.OrderBy(models.F("turned_at"), descending=True),
                models.F("id"),
                condition=models.Q(("archived_at", None), ("in_stock", True), ("turned_at__isnull", False)),
                name="book_by_return",
            ),
        ),
    ]
