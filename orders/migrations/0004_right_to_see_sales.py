from django.db import migrations


class Migration(migrations.Migration):
    """A right of its own to see what the shop has sold: who packs orders need not know."""

    dependencies = [
        ("orders", "0003_packing"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "permissions": [("view_sales", "Can see what the shop has sold")],
                "verbose_name": "order",
                "verbose_name_plural": "orders",
            },
        ),
    ]
