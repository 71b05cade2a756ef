"""Packing slips as PDF: each order begins a page, and has more only where it needs them."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageBreak, PageTemplate, Spacer, Table

from bookstore.core.languages import speaking
from orders.invoicing.pdf import (
    HEADING,
    INSET,
    MARGIN,
    PLAIN,
    QUIET,
    REGULAR,
    RULE,
    SMALL,
    STRONG,
    WIDTH,
    load_fonts,
    paragraph,
)
from orders.packing.lists import Slip
from orders.services.invoices import issuer

ADDRESS = ParagraphStyle("address", PLAIN, fontSize=12, leading=17)
COPIES = ParagraphStyle("copies", STRONG, fontSize=11, leading=14)
BAR = 0.33 * mm  # the thinnest one; what common scanners read from a hand's distance


class NewSlip(Flowable):
    """Draws nothing; from here on the pages are those of this order."""

    def __init__(self, slip: Slip):
        super().__init__()
        self.slip = slip

    def wrap(self, *_space: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.slip, self.canv.first_page = self.slip, self.canv.getPageNumber()


def pdf_of(slips: Sequence[Slip]) -> bytes:
    """Draw the slips one after another."""
    load_fonts()
    out = BytesIO()
    template = BaseDocTemplate(out, pagesize=A4, title=_("Packing slips"), author=issuer().splitlines()[0])
    frame = Frame(MARGIN - INSET, MARGIN, WIDTH + 2 * INSET, A4[1] - 2 * MARGIN)
    template.addPageTemplates(PageTemplate(frames=[frame], onPageEnd=_foot))
    parts: list[Flowable] = []
    for slip in slips:
        with speaking(slip.language):
            parts += [NewSlip(slip), *_head(slip), _contents(slip), PageBreak()]
    template.build(parts)
    return out.getvalue()


def _head(slip: Slip) -> list[Flowable]:
    ordered = _("Order of %(date)s") % {"date": date_format(slip.ordered_at)}
    code = Code128(slip.number, barWidth=BAR, barHeight=14 * mm, quiet=False)
    top = Table(
        [[[paragraph(line, SMALL) for line in issuer().splitlines()], code]],
        colWidths=[WIDTH - code.width - INSET, code.width + INSET],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_flush()],
    )
    return [
        top,
        Spacer(0, 10 * mm),
        *(paragraph(line, ADDRESS) for line in slip.recipient),
        Spacer(0, 12 * mm),
        paragraph(slip.number, HEADING),
        paragraph(ordered, SMALL),
        Spacer(0, 6 * mm),
    ]


def _contents(slip: Slip) -> Table:
    head = [paragraph(word, SMALL) for word in (_("Copies"), _("Title"))]
    rows = [
        [paragraph(f"{copies} ×", COPIES), [paragraph(title, PLAIN), *(paragraph(one, SMALL) for one in details)]]
        for copies, title, details in slip.lines
    ]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE), *_flush()]
    return Table([head, *rows], colWidths=[22 * mm, WIDTH - 22 * mm], repeatRows=1, style=style, splitInRow=1)


def _flush() -> list[tuple[Any, ...]]:
    """Begin and end a table where the text does."""
    return [("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0)]


def _foot(canvas: Any, _template: Any) -> None:
    with speaking(canvas.slip.language):
        page = _("Page %(number)d") % {"number": canvas.getPageNumber() - canvas.first_page + 1}
    canvas.setFont(REGULAR, 8)
    canvas.setFillColor(QUIET)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, f"{canvas.slip.number} · {page}")
