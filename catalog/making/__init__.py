"""
A shop of any size to measure and try things in: books made up by recombining words and names.

Words, names, popularity and prices are as unevenly spread as in a real shop, because that is what searching,
sorting and counting have to cope with.
"""

from catalog.making.running import MOST_BOOKS, make_books

__all__ = ["MOST_BOOKS", "make_books"]
