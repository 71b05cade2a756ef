"""
Typographic covers: what a book wears that has no picture of its cover.

A cover is drawn from title and byline alone, so the same book always wears the same one, and `cover_key`
in its address changes when it does: the picture may be kept forever.
"""

import hashlib

from catalog.covers.designs import DESIGNS, PALETTES, Sheet
from catalog.covers.text import clean

# Raise it whenever covers come out differently, so that nobody keeps the old ones.
EDITION = 1


def cover_key(title: str, byline: str) -> str:
    """Return the short name of the cover that `draw_cover` draws of the same words."""
    return _digest(title, byline).hex()[:12]


def draw_cover(title: str, byline: str) -> str:
    """Return a cover as an SVG document, 400 by 600."""
    chance = _digest(title, byline)
    sheet = Sheet(clean(title), clean(byline), PALETTES[chance[-1] % len(PALETTES)], variant=chance[-3])
    design = DESIGNS[chance[-2] % len(DESIGNS)]
    return sheet.document("".join(design(sheet)))


def _digest(title: str, byline: str) -> bytes:
    return hashlib.sha256(f"{EDITION}\0{title}\0{byline}".encode()).digest()
