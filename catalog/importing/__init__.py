"""
Bringing books in from files.

`reader` takes a CSV apart, `mapping` and `transforms` turn a foreign layout into ours, `rows` checks what a row
says, `recognising` finds the book it is about, `writing` writes a batch, `running` is the act that doors call.
"""

from catalog.importing.mapping import OUR_LAYOUT, Layout, UnknownMapping, find_layout, layout_names
from catalog.importing.reader import UnreadableFile
from catalog.importing.report import Report
from catalog.importing.rows import COLUMNS, Note, read_copies, read_price
from catalog.importing.running import Account, Request, run_import

__all__ = [
    "COLUMNS",
    "OUR_LAYOUT",
    "Account",
    "Layout",
    "Note",
    "Report",
    "Request",
    "UnknownMapping",
    "UnreadableFile",
    "find_layout",
    "layout_names",
    "read_copies",
    "read_price",
    "run_import",
]
