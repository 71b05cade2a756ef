from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_order_notices"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("en", "English"), ("de", "German")],
                db_default="",
                default="",
                help_text="What mails and notices are written in.",
                max_length=10,
                verbose_name="language",
            ),
        ),
    ]
