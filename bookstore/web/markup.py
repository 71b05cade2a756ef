"""Texts that staff write, as HTML. Source: CommonMark, with tables and without HTML and pictures."""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

READER = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


@lru_cache(maxsize=50)  # texts, of which a shop has a few
def as_html(text: str) -> SafeString:
    """Return a text's HTML, its highest headings below the page's own."""
    tokens = READER.parse(text)
    for token in tokens:
        if token.tag == "h1":
            token.tag = "h2"
    # HTML in the text comes out escaped, and links that would run something are none.
    return mark_safe(READER.renderer.render(tokens, READER.options, {}))  # noqa: S308
