"""
Invoices as PDF.

Open Sans has the letters of Latin, Cyrillic and Greek, and goes into the file. Chinese, Japanese and Korean are drawn
with fonts that the reader's program brings along. Other letters are missing here, and writing from right to left is not
laid out; the page that prints has no such limits.
"""

from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any
from unicodedata import name as name_of
from xml.sax.saxutils import escape

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table
from ttf_opensans import OPENSANS_BOLD, OPENSANS_REGULAR

from orders.invoicing import Content, Sum

REGULAR, BOLD = OPENSANS_REGULAR.name, OPENSANS_BOLD.name
# The reader's own fonts, by what Unicode calls the letters that show the language; else it is Chinese.
ASIAN = {"HIRAGANA": "HeiseiKakuGo-W5", "KATAKANA": "HeiseiKakuGo-W5", "HANGUL": "HYGothic-Medium"}
CHINESE = "STSong-Light"
IDEOGRAPHS = ("CJK", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH", *ASIAN)

QUIET, RULE = HexColor("#5f594d"), HexColor("#ddd6c7")
PLAIN = ParagraphStyle("plain", fontName=REGULAR, fontSize=9, leading=13)
SMALL = ParagraphStyle("small", PLAIN, fontSize=8, leading=11, textColor=QUIET)
HEADING = ParagraphStyle("heading", PLAIN, fontName=BOLD, fontSize=18, leading=24)
STRONG = ParagraphStyle("strong", PLAIN, fontName=BOLD)
NUMBER = ParagraphStyle("number", PLAIN, alignment=TA_RIGHT)
STRONG_NUMBER = ParagraphStyle("strong number", STRONG, alignment=TA_RIGHT)
MARGIN, INSET = 20 * mm, 6  # what the library leaves free within the margins
WIDTH = A4[0] - 2 * MARGIN
COLUMNS = [WIDTH - 75 * mm, 15 * mm, 30 * mm, 30 * mm]


def pdf_of(content: Content) -> bytes:
    """Draw an invoice on as many pages as it needs."""
    load_fonts()
    out = BytesIO()
    template = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=MARGIN - INSET,
        rightMargin=MARGIN - INSET,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=content.title,
        author=content.issuer[0],
    )
    parts = [*_head(content), _books(content), Spacer(0, 4 * mm), _sums([*content.sums, *content.refunds])]
    template.build(parts, onFirstPage=_number_page, onLaterPages=_number_page)
    return out.getvalue()


def _head(content: Content) -> list[Flowable]:
    order = _("Order %(number)s of %(date)s") % {
        "number": content.order_number,
        "date": date_format(content.ordered_at),
    }
    issued = _("Issued on %(date)s") % {"date": date_format(content.issued_at)}
    addresses = Table(
        [[[paragraph(line, PLAIN) for line in lines] for lines in (content.recipient, content.issuer)]],
        colWidths=[WIDTH / 2, WIDTH / 2],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0)],
    )
    return [
        addresses,
        Spacer(0, 12 * mm),
        paragraph(content.title, HEADING),
        paragraph(f"{issued} · {order}", SMALL),
        Spacer(0, 6 * mm),
    ]


def _books(content: Content) -> Table:
    head = [
        paragraph(_("Title"), SMALL),
        *(
            paragraph(word, ParagraphStyle("", SMALL, alignment=TA_RIGHT))
            for word in (_("Copies"), _("Each"), _("Price"))
        ),
    ]
    rows = [
        [
            [paragraph(line.title, PLAIN), *(paragraph(detail, SMALL) for detail in line.details)],
            paragraph(str(line.quantity), NUMBER),
            paragraph(line.unit_price, NUMBER),
            paragraph(line.total, NUMBER),
        ]
        for line in content.lines
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
    ]
    return Table([head, *rows], colWidths=COLUMNS, repeatRows=1, style=style, splitInRow=1)


def _sums(sums: list[Sum]) -> Table:
    rows = [
        [
            paragraph(sum_.label, STRONG if sum_.is_total else PLAIN),
            paragraph(sum_.amount, STRONG_NUMBER if sum_.is_total else NUMBER),
        ]
        for sum_ in sums
    ]
    return Table(
        rows,
        colWidths=[60 * mm, 30 * mm],
        hAlign="RIGHT",
        style=[("RIGHTPADDING", (-1, 0), (-1, -1), 0), ("VALIGN", (0, 0), (-1, -1), "TOP")],
    )


def _number_page(canvas: Any, template: Any) -> None:
    canvas.setFont(REGULAR, 8)
    canvas.setFillColor(QUIET)
    canvas.drawRightString(A4[0] - MARGIN, 10 * mm, _("Page %(number)d") % {"number": canvas.getPageNumber()})


# Letters


@cache
def load_fonts() -> None:
    """Read the fonts, once in a process."""
    for printed in (OPENSANS_REGULAR, OPENSANS_BOLD):
        pdfmetrics.registerFont(TTFont(printed.name, printed.path))
    for font in {CHINESE, *ASIAN.values()}:
        pdfmetrics.registerFont(UnicodeCIDFont(font))


def paragraph(text: str, style: ParagraphStyle) -> Paragraph:
    """Lay a text out as it is, every letter in a font that has it."""
    marked = "".join(f'<font name="{font}">{escape(run)}</font>' if font else escape(run) for font, run in runs(text))
    return Paragraph(marked, style)


def runs(text: str) -> list[tuple[str, str]]:
    """Split a text into pairs of a font and what is drawn with it; "" is the font of the place."""
    names = [name_of(letter, "") for letter in text]
    asian = next((ASIAN[word] for name in names for word in ASIAN if name.startswith(word)), CHINESE)
    fonts = [asian if name.startswith(IDEOGRAPHS) else "" for name in names]
    pairs = groupby(zip(fonts, text, strict=True), key=lambda pair: pair[0])
    return [(font, "".join(letter for _font, letter in run)) for font, run in pairs]
