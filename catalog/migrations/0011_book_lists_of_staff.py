import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0010_bulk_changes")]

    operations = [
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Lower("publisher"), name="text_pattern_ops"
                ),
                condition=models.Q(("archived_at", None)),
                name="book_by_publisher",
            ),
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                models.F("format"),
                models.F("sort_title"),
                models.F("id"),
                condition=models.Q(("archived_at", None)),
                name="book_by_format",
            ),
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                models.F("sort_title"),
                models.F("id"),
                condition=models.Q(("archived_at", None), ("cover_image", ""), ("cover_image_url", "")),
                name="book_without_cover",
            ),
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                models.F("sort_title"),
                models.F("id"),
                condition=models.Q(("archived_at__isnull", False)),
                name="book_archived_by_title",
            ),
        ),
        migrations.AddIndex(
            model_name="book",
            index=models.Index(
                condition=models.Q(("cover_image", ""), _negated=True), fields=["cover_image"], name="book_by_picture"
            ),
        ),
    ]
