import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

WORDS = """
    CREATE TEXT SEARCH CONFIGURATION names (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION names ALTER MAPPING FOR word, hword, hword_part WITH unaccent, simple;
"""


class Migration(migrations.Migration):
    """Staff find people by a part of the e-mail and by the words of the name, whatever their accents."""

    dependencies = [
        ("accounts", "0005_language"),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(WORDS, "DROP TEXT SEARCH CONFIGURATION names"),
        migrations.AddIndex(
            model_name="user",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("email"), name="gin_trgm_ops"),
                fastupdate=False,
                name="user_part_of_email",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("full_name", config="names"),
                fastupdate=False,
                name="user_by_words_of_name",
            ),
        ),
    ]
