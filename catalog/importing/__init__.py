"""
Bringing books in from files.

`files` opens one, `reader` takes a CSV apart and `workbook` an XLSX, `mapping` and `transforms` turn a foreign layout
into ours, `rows` checks what a row says, `recognising` finds the book it is about, `writing` writes a batch,
`foretelling` keeps the books that a dry run would have added, `running` is the act that doors call.
"""

from catalog.importing.files import open_table
from catalog.importing.mapping import OUR_LAYOUT, Layout, Part, UnknownMapping, find_layout, layout_names
from catalog.importing.reader import UnreadableFile
from catalog.importing.report import Report
from catalog.importing.rows import COLUMNS, Note, read_copies, read_price
from catalog.importing.running import Account, Request, run_import
from catalog.importing.writing import Change

__all__ = [
    "COLUMNS",
    "OUR_LAYOUT",
    "Account",
    "Change",
    "Layout",
    "Note",
    "Part",
    "Report",
    "Request",
    "UnknownMapping",
    "UnreadableFile",
    "find_layout",
    "layout_names",
    "open_table",
    "read_copies",
    "read_price",
    "run_import",
]
