"""The colours of the shop can be told apart, in light and in dark, and nothing moves for who does not want it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

SHEETS = sorted(Path(settings.BASE_DIR, "static/css").rglob("*.css"))
SHOP = Path(settings.BASE_DIR, "static/css/shop.css").read_text()
TOKEN = re.compile(r"(--[\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);")
SCHEMES = ("light", "dark")
GROUNDS = ("--paper", "--sheet", "--shade")
TEXTS = ("--ink", "--ink-soft", "--accent", "--accent-deep", "--error")
EDGES = ("--outline", "--accent", "--error")  # of fields and buttons, of what has the focus, of what is wrong


def palette(scheme: str) -> dict[str, str]:
    found = TOKEN.findall(SHOP)
    return {name: (light, dark)[SCHEMES.index(scheme)] for name, light, dark in found}


def contrast(one: str, other: str) -> float:
    """Return how far two colours differ. Source: WCAG 2.2, definitions of contrast ratio and relative luminance."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_measured_as_defined() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_on_every_ground(scheme: str, ground: str, text: str) -> None:
    colours = palette(scheme)

    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("button", ["--accent", "--accent-deep"])
def test_text_is_read_on_buttons(scheme: str, button: str) -> None:
    colours = palette(scheme)

    assert contrast(colours["--on-accent"], colours[button]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("edge", EDGES)
def test_edges_of_what_can_be_used_are_seen_on_every_ground(scheme: str, ground: str, edge: str) -> None:
    colours = palette(scheme)

    assert contrast(colours[edge], colours[ground]) >= 3


def test_what_has_the_focus_is_ringed_in_a_colour_that_is_measured() -> None:
    rings = [declaration for _sheet, declaration in declarations("outline") if declaration != "none"]

    assert set(rings) == {"2px solid var(--accent)"}


def test_every_colour_is_a_token_in_both_schemes() -> None:
    assert set(palette("light")) >= {*GROUNDS, *TEXTS, *EDGES, "--on-accent"}
    drawn = [
        sheet for sheet, value in declarations("(?:color|background|border[a-z-]*)") if re.search(r"#\w{3}", value)
    ]

    assert {sheet.parent.name for sheet in drawn} <= {"staff"}  # whose sheets follow the admin's own palette


def test_what_moves_obeys_who_wants_no_motion() -> None:
    assert re.search(r"prefers-reduced-motion: reduce\) \{\s+:root \{\s+--quick: 0s;", SHOP)
    for sheet, value in declarations("(?:transition|animation)"):
        assert "var(--quick)" in value, (sheet, value)
    assert SHOP.count("scroll-behavior") == 1
    assert re.search(r"prefers-reduced-motion: no-preference\) \{\s+html \{\s+scroll-behavior: smooth;", SHOP)


def declarations(name: str) -> Iterator[tuple[Path, str]]:
    """Yield each value that the style sheets give to a property, with the sheet."""
    for sheet in SHEETS:
        for value in re.findall(rf"^\s+{name}: ([^;]+);", sheet.read_text(), re.MULTILINE):
            yield sheet, value
