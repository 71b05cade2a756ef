from django.db import migrations, models


class Migration(migrations.Migration):
    """What each run of the audit found."""

    dependencies = [
        ("core", "0003_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("started_at", models.DateTimeField(verbose_name="started")),
                ("finished_at", models.DateTimeField(verbose_name="finished")),
                ("checks", models.PositiveIntegerField(verbose_name="checks")),
                ("fault_count", models.PositiveBigIntegerField(verbose_name="rows at fault")),
                ("faults", models.JSONField(blank=True, default=list, verbose_name="faults")),
            ],
            options={
                "verbose_name": "audit",
                "verbose_name_plural": "audits",
                "ordering": ["-id"],
                "get_latest_by": "id",
            },
        ),
    ]
