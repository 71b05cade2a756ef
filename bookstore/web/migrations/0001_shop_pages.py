from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ShopPage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=100, verbose_name="title")),
                (
                    "slug",
                    models.SlugField(
                        allow_unicode=True,
                        db_index=False,
                        help_text="The last part of its address: /pages/…/",
                        max_length=60,
                        verbose_name="address",
                    ),
                ),
                (
                    "text",
                    models.TextField(
                        help_text="In Markdown: ## heading, *stressed*, - list, [link](/books/). HTML is shown as it is typed.",
                        max_length=100000,
                        verbose_name="text",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="The lowest comes first.", verbose_name="position"
                    ),
                ),
                ("is_shown", models.BooleanField(default=True, verbose_name="shown")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
            ],
            options={
                "verbose_name": "page of the shop",
                "verbose_name_plural": "pages of the shop",
                "ordering": ["position", "title", "id"],
                "constraints": [models.UniqueConstraint(fields=("slug",), name="shop_page_address_is_unique")],
            },
        ),
    ]
