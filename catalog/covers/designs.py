"""The look of the covers: palettes, and the designs that set words and shapes on a sheet."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.utils.html import escape

from catalog.covers.text import LINE_HEIGHT, Block, fit, is_right_to_left, shorten_byline

WIDTH, HEIGHT = 400, 600
SERIF = (
    "'Iowan Old Style','Palatino Linotype',Palatino,'URW Palladio L',Georgia,'Liberation Serif','Times New Roman',serif"
)
DISPLAY_SIZES = (104, 92, 82, 72, 64, 57, 51, 46, 41, 37, 33, 29, 26, 23, 20, 18, 16)
LABEL_SIZES = DISPLAY_SIZES[6:]
SUBTITLE_SIZES = (27, 24, 21, 19, 17, 15, 13)
BYLINE_SIZE = 24


@dataclass(frozen=True)
class Palette:
    """Three colours: `ink` is read on `ground` (a contrast of at least 7), `figure` only decorates."""

    ground: str
    ink: str
    figure: str


PALETTES = (
    Palette("#5d1a25", "#f7ead8", "#c4634c"),  # oxblood
    Palette("#1d4236", "#f3ebd8", "#86ab86"),  # bottle green
    Palette("#1c2c4c", "#f4ecdb", "#d3a04a"),  # ink blue
    Palette("#e5b552", "#2b1d10", "#b9562a"),  # ochre
    Palette("#f3ead9", "#26201a", "#c8452b"),  # paper and vermilion
    Palette("#ece7db", "#1c2536", "#3a6798"),  # paper and blue
    Palette("#45213f", "#f6e8e1", "#bd7c93"),  # plum
    Palette("#17484f", "#f4efdf", "#dd9a63"),  # petrol
    Palette("#e9c8b7", "#33201e", "#ae4c38"),  # blush
    Palette("#c9d1b9", "#1f2d1e", "#5b7d5a"),  # sage
    Palette("#2a292c", "#efe7d8", "#b0925c"),  # charcoal
    Palette("#c3d6dd", "#152733", "#3f7590"),  # sky
    Palette("#86301c", "#fdf0e0", "#d98e5d"),  # rust
    Palette("#e8e2d0", "#2c2433", "#7a5c8c"),  # paper and violet
)


@dataclass(frozen=True)
class Box:
    """A part of the sheet, in its units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sheet:
    """What a design works on: the words, the colours, and a number to choose small things by."""

    title: str
    byline: str
    palette: Palette
    variant: int

    @property
    def headline(self) -> tuple[str, str]:
        """The title and, where it brings one after a colon, the subtitle."""
        head, colon, tail = self.title.partition(": ")
        return (head, tail) if colon and len(head) > 1 else (self.title, "")

    @property
    def start(self) -> str:
        """The side where the title's lines begin."""
        return "right" if is_right_to_left(self.title) else "left"

    def document(self, drawing: str) -> str:
        ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{self.palette.ground}"/>'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            f' font-family="{SERIF}">{ground}{drawing}</svg>'
        )

    def words(self, box: Box, *, ink: str, align: str, valign: str = "top", with_byline: bool = True) -> Iterator[str]:
        """Set title, subtitle and byline below each other, the title as large as the box allows."""
        head, tail = self.headline
        byline = shorten_byline(self.byline, box.width, BYLINE_SIZE) if with_byline else Block([], BYLINE_SIZE)
        room = box.height - byline.height - (BYLINE_SIZE if byline.lines else 0)
        sub = fit(tail, box.width, room * 0.45, SUBTITLE_SIZES) if tail else Block([], 0)
        room -= sub.height + sub.size * 0.5
        sizes = DISPLAY_SIZES if box.width > 250 else LABEL_SIZES
        blocks = [fit(head, box.width, room, sizes), sub, byline]
        gaps = (0, sub.size * 0.5, BYLINE_SIZE)
        pieces = [(block, gap) for block, gap in zip(blocks, gaps, strict=True) if block.lines]
        spare = box.height - sum(block.height + gap for block, gap in pieces)
        y = box.y + {"top": 0.0, "middle": spare / 2, "bottom": spare}[valign]
        for block, gap in pieces:
            yield from set_lines(block, box, y + gap, ink=ink, align=align)
            y += gap + block.height

    def signature(self, box: Box, *, ink: str, align: str) -> Iterator[str]:
        """Set the byline alone, at the foot of the box."""
        block = shorten_byline(self.byline, box.width, BYLINE_SIZE)
        yield from set_lines(block, box, box.y + box.height - block.height, ink=ink, align=align)


def set_lines(block: Block, box: Box, y: float, *, ink: str, align: str) -> Iterator[str]:
    """Set lines from `y` down; `align` is the side of the box, whatever the direction of the words."""
    x = {"left": box.x, "middle": box.x + box.width / 2, "right": box.x + box.width}[align]
    for number, words in enumerate(block.lines):
        turned = is_right_to_left(words)
        anchor = "middle" if align == "middle" else ("start" if (align == "right") is turned else "end")
        direction = ' direction="rtl"' if turned else ""
        baseline = y + block.size * (LINE_HEIGHT * number + 0.92)
        yield (
            f'<text x="{x:g}" y="{baseline:.1f}" font-size="{block.size:g}" fill="{ink}"'
            f' text-anchor="{anchor}"{direction}>{escape(words)}</text>'
        )


def rect(x: float, y: float, width: float, height: float, fill: str, extra: str = "") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"{extra}/>'


def frame(inset: float, stroke: str, weight: float) -> str:
    outline = f' stroke="{stroke}" stroke-width="{weight:g}"'
    return rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset, "none", outline)


def circle(x: float, y: float, radius: float, fill: str, extra: str = "") -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"{extra}/>'


# The designs


def classic(sheet: Sheet) -> Iterator[str]:
    """A double frame, everything on the axis, a small ornament."""
    ink, figure = sheet.palette.ink, sheet.palette.figure
    yield frame(20, figure, 5)
    yield frame(29, figure, 1)
    yield from sheet.words(Box(54, 84, 292, 330), ink=ink, align="middle", valign="middle", with_byline=False)
    yield (
        f'<path d="M138 450H262" stroke="{figure}" stroke-width="1.5"/>'
        f'<path d="M200 439l11 11-11 11-11-11z" fill="{sheet.palette.ground}" stroke="{figure}" stroke-width="1.5"/>'
        if sheet.variant % 2
        else f'<path d="M172 442l8 8-8 8-8-8zm28 0l8 8-8 8-8-8zm28 0l8 8-8 8-8-8z" fill="{figure}"/>'
    )
    yield from sheet.signature(Box(60, 480, 280, 60), ink=ink, align="middle")


def bands(sheet: Sheet) -> Iterator[str]:
    """Colour above and below, the words on a light band between."""
    light, dark = _by_lightness(sheet.palette)
    yield rect(0, 0, WIDTH, HEIGHT, dark)
    yield rect(0, 150, WIDTH, 290, light)
    yield rect(0, 150, WIDTH, 4, sheet.palette.figure)
    yield rect(0, 436, WIDTH, 4, sheet.palette.figure)
    yield from _quire(200, 75, light)
    yield from sheet.words(Box(38, 172, 324, 246), ink=dark, align="middle", valign="middle", with_byline=False)
    byline = shorten_byline(sheet.byline, 320, BYLINE_SIZE)
    yield from set_lines(byline, Box(40, 440, 320, 160), 520 - byline.height / 2, ink=light, align="middle")


def label(sheet: Sheet) -> Iterator[str]:
    """Patterned paper with a pasted label, as little books wore it."""
    light, dark = _by_lightness(sheet.palette)
    yield from PATTERNS[sheet.variant % len(PATTERNS)](sheet.palette)
    yield rect(58, 86, 284, 300, light, f' stroke="{dark}" stroke-width="1.5"')
    yield rect(66, 94, 268, 284, "none", f' stroke="{sheet.palette.figure}" stroke-width="1"')
    yield from sheet.words(Box(82, 114, 236, 244), ink=dark, align="middle", valign="middle")


def horizon(sheet: Sheet) -> Iterator[str]:
    """The words in the sky, a sun over hills or water below."""
    ink, figure = sheet.palette.ink, sheet.palette.figure
    x = (110, 200, 290)[sheet.variant % 3]
    yield circle(x, 452, 92, figure)
    if sheet.variant % 2:
        yield rect(0, 468, WIDTH, 132, sheet.palette.ground)
        yield from (rect(0, 476 + step * 17, WIDTH, 2 + step * 1.4, figure) for step in range(8))
    else:
        yield f'<path d="M0 500C90 440 150 470 220 505S350 520 400 470V600H0z" fill="{ink}"/>'
        yield f'<path d="M0 560C80 520 190 520 260 552S360 570 400 545V600H0z" fill="{figure}"/>'
    yield from sheet.words(Box(36, 40, 328, 298), ink=ink, align=sheet.start)


def initial(sheet: Sheet) -> Iterator[str]:
    """One letter as large as the sheet, the words at its feet."""
    letter = next((char for char in sheet.title if char.isalnum()), "¶").upper()[:1]
    side, x = ("end", 408) if sheet.start == "left" else ("start", -8)
    yield (
        f'<text x="{x}" y="330" font-size="430" font-weight="700" text-anchor="{side}"'
        f' fill="{sheet.palette.figure}">{escape(letter)}</text>'
    )
    yield rect(36, 366, 328, 2, sheet.palette.ink)
    yield from sheet.words(Box(36, 386, 328, 180), ink=sheet.palette.ink, align=sheet.start)


def arches(sheet: Sheet) -> Iterator[str]:
    """Rings rising from the foot, the words above."""
    x = (0, 200, 400)[sheet.variant % 3]
    rings = range(210, 20, -38)
    for number, radius in enumerate(rings):
        yield circle(x, 600, radius, sheet.palette.ground if number % 2 else sheet.palette.figure)
    yield from sheet.words(Box(36, 40, 328, 320), ink=sheet.palette.ink, align=sheet.start)


def plain(sheet: Sheet) -> Iterator[str]:
    """Nothing but type, a rule and the printer's mark."""
    ink, figure = sheet.palette.ink, sheet.palette.figure
    yield rect(36, 40, 328, 6, figure)
    yield from sheet.words(Box(36, 64, 328, 420), ink=ink, align=sheet.start)
    yield from _quire(58 if sheet.start == "left" else 342, 540, figure)


def spine(sheet: Sheet) -> Iterator[str]:
    """A cloth spine at the side where the book is bound."""
    is_left = sheet.start == "left"
    x = 0 if is_left else WIDTH - 84
    yield rect(x, 0, 84, HEIGHT, sheet.palette.figure)
    yield rect(76 if is_left else WIDTH - 84, 0, 8, HEIGHT, sheet.palette.ink)
    box = Box(108 if is_left else 28, 48, 264, 400)
    yield from sheet.words(box, ink=sheet.palette.ink, align=sheet.start, with_byline=False)
    yield from sheet.signature(Box(box.x, 448, 264, 112), ink=sheet.palette.ink, align=sheet.start)


Design = Callable[[Sheet], Iterable[str]]
DESIGNS: tuple[Design, ...] = (classic, bands, label, horizon, initial, arches, plain, spine)


# What designs share


def _by_lightness(palette: Palette) -> tuple[str, str]:
    def lightness(colour: str) -> int:
        return sum(int(colour[at : at + 2], 16) for at in (1, 3, 5))

    dark, light = sorted((palette.ground, palette.ink), key=lightness)
    return light, dark


def _quire(x: float, y: float, fill: str) -> Iterator[str]:
    """The printer's mark: folded sheets, seen from the end."""
    for step in range(3):
        top = y - 18 + step * 13
        yield (
            f'<path d="M{x - 22:g} {top:g}L{x:g} {top + 11:g}L{x + 22:g} {top:g}"'
            f' fill="none" stroke="{fill}" stroke-width="4"/>'
        )


def _stripes(palette: Palette) -> Iterator[str]:
    yield from (rect(x, 0, 10, HEIGHT, palette.figure) for x in range(5, WIDTH, 24))


def _dots(palette: Palette) -> Iterator[str]:
    for row in range(21):
        yield from (circle(x, row * 30, 6, palette.figure) for x in range(row % 2 * 15 - 5, WIDTH + 15, 30))


def _scallops(palette: Palette) -> Iterator[str]:
    for row in range(26):
        y = row * 25
        for x in range(row % 2 * 25 - 25, WIDTH + 50, 50):
            yield circle(x, y, 25, palette.ground, f' stroke="{palette.figure}" stroke-width="3"')


def _lattice(palette: Palette) -> Iterator[str]:
    down = "".join(f"M{x} 0l600 600" for x in range(-600, WIDTH, 40))
    up = "".join(f"M{x} 600l600-600" for x in range(-600, WIDTH, 40))
    yield f'<path d="{down}{up}" stroke="{palette.figure}" stroke-width="3"/>'


def _waves(palette: Palette) -> Iterator[str]:
    rows = "".join(f"M-40 {y}" + "q20-22 40 0t40 0" * 6 for y in range(0, HEIGHT + 30, 22))
    yield f'<path d="{rows}" fill="none" stroke="{palette.figure}" stroke-width="3.5"/>'


PATTERNS: tuple[Callable[[Palette], Iterator[str]], ...] = (_stripes, _dots, _scallops, _lattice, _waves)
