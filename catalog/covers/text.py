"""Setting words in a given space without a browser: how wide they are, where lines break, how large they may be."""

import re
import unicodedata
from dataclasses import dataclass

LINE_HEIGHT = 1.16  # em
SMALLEST_WHOLE_WORD = 24  # a word that needs smaller type than this is broken instead

# Ideographs and kana break anywhere; an opening bracket stays with what follows, closing marks with what precedes.
_IDEOGRAPH = r"[「『（《〈【]*[\u2e80-\u3000\u3005-\u3007\u3012-\u9fff\uf900-\ufaff][、。，！？：；」』）》〉】ー…]*"
_UNITS = re.compile(
    rf"\s*(?:{_IDEOGRAPH}|[^\s\u2e80-\u9fff\uf900-\ufaff]+?[-–—](?=\w)|[^\s\u2e80-\u9fff\uf900-\ufaff]+|\S)"
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Widths in em of Georgia, the widest serif that a shopper is likely to see; narrower ones leave more margin.
_WIDTHS = {
    char: width
    for width, chars in (
        (0.28, "ijl.,:;'’‘|!·"),
        (0.36, 'ftI()[]-“”"/'),
        (0.44, "rcszJ?*"),
        (0.77, "wDHNUQOGæœ"),
        (0.92, "mM—…%@&ÆŒ"),
        (1.0, "W"),
    )
    for char in chars
}


@dataclass(frozen=True)
class Block:
    """Lines of one size."""

    lines: list[str]
    size: float

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LINE_HEIGHT


def clean(text: str) -> str:
    """Return `text` on one line, without characters that XML cannot hold."""
    return " ".join(_NOT_XML.sub("", text).split())


def is_right_to_left(text: str) -> bool:
    """Tell the direction of `text` by its first letter that has one. Source: Unicode Annex 9, rule P2."""
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next((kind for kind in kinds if kind in {"L", "R", "AL"}), "L") != "L"


def measure(text: str) -> float:
    """Return the width of `text` in em, estimated on the safe side."""
    return sum(_width(char) for char in text)


def _width(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    kind = unicodedata.category(char)
    if kind in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0 if kind[0] in "LPN" else 1.35  # emoji
    if kind == "Zs":
        return 0.25
    if kind == "Lu":
        return 0.68
    # Cyrillic, Greek and Indic letters run wider than Latin ones.
    return 0.55 if char < "\u0370" else 0.6


def wrap(text: str, width: float, *, may_break_words: bool = False) -> list[str] | None:
    """Return `text` in lines of at most `width` em, or None where a word is wider than that."""
    lines, line = [], ""
    for unit in _UNITS.findall(text):
        if not line or measure(line + unit) <= width:
            line = line + unit if line else unit.lstrip()
        else:
            lines.append(line)
            line = unit.lstrip()
        while measure(line) > width:
            if not may_break_words:
                return None
            head = _longest_start(line, width - measure("-"))
            line = line[len(head) :]
            lines.append(head + "-" * (_has_case(head[-1]) and _has_case(line[:1])))
    return [*lines, line] if line else lines


def _has_case(char: str) -> bool:
    """Tell whether a letter is of a script that hyphenates."""
    return char.upper() != char.lower()


def _longest_start(text: str, width: float) -> str:
    end = 1
    while end < len(text) and measure(text[: end + 1]) <= width:
        end += 1
    while end < len(text) and unicodedata.category(text[end])[0] == "M":
        end += 1
    return text[:end]


def fit(text: str, width: float, height: float, sizes: tuple[float, ...]) -> Block:
    """Return `text` at the first of the falling `sizes` at which it fits whole, else at the last, cut short."""
    for size in sizes:
        lines = wrap(text, width / size, may_break_words=size < SMALLEST_WHOLE_WORD)
        if lines is not None and len(lines) * size * LINE_HEIGHT <= height:
            return Block(_balance(text, lines, width / size), size)
    lines = wrap(text, width / size, may_break_words=True) or []
    room = max(1, int(height / (size * LINE_HEIGHT)))
    if len(lines) > room:
        last = _longest_start(lines[room - 1], width / size - measure("…"))
        whole_words = last.rpartition(" ")[0] if last != lines[room - 1] else last
        lines = [*lines[: room - 1], (whole_words or last).rstrip(" ,;:-–—") + "…"]
    return Block(lines, size)


def _balance(text: str, lines: list[str], width: float) -> list[str]:
    """Return the same number of lines, as equally long as they can be."""
    low, high = width / 2, width
    for _step in range(6):
        middle = (low + high) / 2
        narrower = wrap(text, middle)
        if narrower is not None and len(narrower) == len(lines):
            lines, high = narrower, middle
        else:
            low = middle
    return lines


def shorten_byline(byline: str, width: float, size: float, max_lines: int = 2) -> Block:
    """Return a byline in at most `max_lines`: whole, or as many names as fit and "et al."."""
    names = re.split(r"\s*[,;、，؛،]\s*", byline)
    for count in range(len(names), 0, -1):
        shown = byline if count == len(names) else ", ".join(names[:count]) + " et al."
        if measure(shown) * size > width * max_lines:
            continue
        lines = wrap(shown, width / size)
        if lines is not None and len(lines) <= max_lines:
            return Block(_balance(shown, lines, width / size), size)
    return fit(names[0], width, max_lines * size * LINE_HEIGHT, (size,))
