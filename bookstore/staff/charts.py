"""Charts as SVG, drawn here: bars beside one another, and the same numbers as a table for those who do not see them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

HEIGHT = 1000  # of the drawing, in its own units; the page says how large it is shown
STEP = 10  # from one bar to the next
GAP = 2


class Bar(NamedTuple):
    """One number: of what it is, how much, and how people read it."""

    label: str
    value: int | Decimal
    words: str


class DrawnBar(NamedTuple):
    """A bar's place in the drawing, as text: no language puts its comma into it."""

    x: str
    y: str
    width: str
    height: str
    title: str


@dataclass(frozen=True)
class BarChart:
    """Bars of one kind, from left to right; `columns` head the table: what the labels are, and what the numbers."""

    title: str
    columns: tuple[str, str]
    bars: Sequence[Bar]

    @property
    def width(self) -> str:
        return str(max(len(self.bars), 1) * STEP)

    @property
    def height(self) -> str:
        return str(HEIGHT)

    @property
    def tallest(self) -> Bar | None:
        """The bar with the largest number, if that is above nothing."""
        top = max(self.bars, key=lambda bar: bar.value, default=None)
        return top if top and top.value > 0 else None

    @property
    def drawn(self) -> Iterator[DrawnBar]:
        """Yield the bars that are to be seen; what is below nothing stands in the table only."""
        top = self.tallest.value if self.tallest else 1
        for number, bar in enumerate(self.bars):
            if bar.value > 0:
                tall = max(int(bar.value * HEIGHT / top), HEIGHT // 100)
                place = (number * STEP + GAP // 2, HEIGHT - tall, STEP - GAP, tall)
                yield DrawnBar(*map(str, place), title=f"{bar.label}: {bar.words}")
