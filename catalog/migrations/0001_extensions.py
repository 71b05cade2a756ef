from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Parts of names and titles are found by trigrams."""

    initial = True
    dependencies = []
    operations = [TrigramExtension()]
