"""A barcode as a scanner sees it: dark bars and light spaces on the page, read back by their widths."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from reportlab.graphics.barcode.code128 import _patterns as PATTERNS  # Source: ISO/IEC 15417, table 1

# A for 1 to D for 4, whether bar or space, as in the standard's table.
SIGNS = {tuple(ord(letter.upper()) - ord("A") + 1 for letter in pattern): sign for sign, pattern in PATTERNS.items()}
START_B, START_C, STOP = 104, 105, 106
TO_C, TO_B = 99, 100


def read_bars(page: Any) -> str:
    """Return what the one Code 128 on a page of a PDF says."""
    bars: list[tuple[float, float]] = []

    def note(operator: bytes, operands: Any, matrix: Any, _text: Any) -> None:
        if operator == b"re" and float(operands[3]) > 20:  # points; anything that tall is a bar
            bars.append((float(matrix[4]) + float(operands[0]), float(operands[2])))

    page.extract_text(visitor_operand_before=note)
    thin = min(width for _x, width in bars)
    edges = [edge for x, width in sorted(bars) for edge in (x, x + width)]
    *signs, check, stop = signs_of([round((right - left) / thin) for left, right in pairwise(edges)])
    assert stop == STOP
    assert check == (signs[0] + sum(place * sign for place, sign in enumerate(signs))) % 103
    return "".join(letters_of(signs))


def signs_of(widths: Sequence[int]) -> Iterator[int]:
    """Yield the signs, six bars and spaces each; the last has seven."""
    while len(widths) > 7:
        yield SIGNS[tuple(widths[:6])]
        widths = widths[6:]
    yield SIGNS[tuple(widths)]


def letters_of(signs: Sequence[int]) -> Iterator[str]:
    in_digits = signs[0] == START_C
    assert in_digits or signs[0] == START_B
    for sign in signs[1:]:
        if sign == (TO_B if in_digits else TO_C):
            in_digits = not in_digits
        else:
            yield f"{sign:02}" if in_digits else chr(sign + 32)
