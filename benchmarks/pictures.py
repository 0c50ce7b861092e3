# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Bars as SVG, by a few lines of its own."""

import math
from collections.abc import Mapping
from xml.sax.saxutils import escape

COLOURS = ("#0b6e4f", "#d1701c", "#3566a8", "#7a7a7a")  # told apart in grey and by the colour-blind too
WIDTH, LEFT, RIGHT = 760, 190, 90  # pixels
BAR, GAP, TOP = 15, 14, 58
FONT = 'font-family="system-ui, sans-serif" font-size="12" fill="#222"'


def draw_bars(title: str, groups: Mapping[str, Mapping[str, float | None]], unit: str = "") -> str:
    """Draw a bar for each value of each group, on a logarithmic scale that begins at a power of ten.

    groups: {group: {name: value}}; a name has the same colour in every group. 0 is a bar of no length, and None, of a
    run that came to nothing, is said.
    """
    names = list(dict.fromkeys(name for values in groups.values() for name in values))
    colours = dict(zip(names, COLOURS, strict=False))
    positive = [value for values in groups.values() for value in values.values() if value]
    low = math.floor(math.log10(min(positive, default=1)))
    high = max(math.log10(max(positive, default=1)), low + 1)
    parts = [_write(LEFT, 20, title, bold=True), *_draw_legend(colours)]
    y = TOP
    for group, values in groups.items():
        parts.append(_write(LEFT - 8, y + BAR * len(values) / 2 + 4, group, anchor="end"))
        for name, value in values.items():
            length = (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT) if value else 0
            width = max(length, 1)
            parts += [
                f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR - 2}" fill="{colours[name]}"/>',
                _write(LEFT + width + 5, y + 11, "failed" if value is None else show(value) + unit),
            ]
            y += BAR
        y += GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{escape(title)}">\n'
        f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def show(value: float) -> str:
    """Show a number with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 20 or value == int(value) else f"{value:.1f}"


def _draw_legend(colours: Mapping[str, str]) -> list[str]:
    parts, x = [], float(LEFT)
    for name, colour in colours.items():
        parts += [f'<rect x="{x:.0f}" y="32" width="11" height="11" fill="{colour}"/>', _write(x + 16, 42, name)]
        x += 40 + 7 * len(name)
    return parts


def _write(x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" {FONT}{weight}>{escape(text)}</text>'
