from django.db import migrations

CLEAR_ARCHIVED = """
    UPDATE catalog_booksearch SET vector = '' FROM catalog_book
    WHERE catalog_book.id = book_id AND archived_at IS NOT NULL
"""
RANK = """
    UPDATE catalog_booksearch AS row
    SET tier = CASE WHEN 100 * place <= books THEN 0 WHEN 10 * place <= books THEN 1 ELSE 2 END
    FROM (
        SELECT book_id, row_number() OVER (ORDER BY popularity DESC, book_id) AS place, count(*) OVER () AS books
        FROM catalog_booksearch
    ) AS ranked
    WHERE ranked.book_id = row.book_id AND 10 * place <= books
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0004_search_tiers")]

    operations = [
        migrations.RunSQL(CLEAR_ARCHIVED, migrations.RunSQL.noop),
        migrations.RunSQL(RANK, migrations.RunSQL.noop),
    ]
