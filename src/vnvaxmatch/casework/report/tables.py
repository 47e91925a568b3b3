"""Write tables that a small script can sort and filter, and that say all without it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree as ET

import attrs

from vnvaxmatch.explain.picture import element

__all__ = ["Bar", "Cell", "Column", "table"]

_HEIGHT: Final = 14


@attrs.frozen
class Bar:
    """A bar of parts, each a class of the style sheet and its share of the width; and its words."""

    parts: Sequence[tuple[str, float]]
    words: str

    def draw(self, parent: ET.Element) -> None:
        """Draw it as wide as there is room: its shares are per cent of that."""
        svg = element(
            parent, "svg", class_="bar", role="img", width="100%", height=str(_HEIGHT)
        )  # fmt: skip
        element(svg, "title", self.words)
        element(svg, "rect", class_="track", width="100%", height=str(_HEIGHT))
        at = 0.0
        for name, share in self.parts:
            if share > 0:
                element(
                    svg, "rect", class_=name, x=f"{100 * at:.3f}%", width=f"{100 * share:.3f}%",
                    height=str(_HEIGHT),
                )  # fmt: skip
            at += share


@attrs.frozen
class Cell:
    """What stands in a cell; ``value`` is what it is sorted by, where that is not its text."""

    text: str = ""
    value: float | None = None
    bar: Bar | None = None


@attrs.frozen
class Column:
    """The heading of a column, and whether it holds numbers (or days), or bars."""

    heading: str
    number: bool = False
    bar: bool = False


def table(
    parent: ET.Element,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    caption: str,
    name: str,
    total: Sequence[Cell] = (),
    sorted_by: int | None = None,
    filtered: str = "",
) -> ET.Element:
    """Write a table; its first column is the heading of each row.

    ``sorted_by`` is the column that ``rows`` come sorted by, downwards; without one they are in an
    order of their own, and the table is not sorted by anything else either. ``filtered`` is the
    label of a field in which to type what rows are to hold.
    """
    frame = element(parent, "div", class_="wide", role="region", tabindex="0", aria_label=caption)
    made = element(frame, "table", id=name, class_=name)
    if sorted_by is not None:
        made.set("data-sort", "")
    if filtered:
        made.set("data-filter", filtered)
    element(made, "caption", caption)
    row = element(element(made, "thead"), "tr")
    for at, column in enumerate(columns):
        heading = element(row, "th", column.heading, scope="col")
        _classify(heading, column)
        if at == sorted_by:
            heading.set("aria-sort", "descending")
    body = element(made, "tbody")
    for cells in rows:
        _row(body, columns, cells)
    if total:
        _row(element(made, "tfoot"), columns, total)
    return made


def _row(parent: ET.Element, columns: Sequence[Column], cells: Sequence[Cell]) -> None:
    row = element(parent, "tr")
    for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        made = element(row, "td" if at else "th", cell.text)
        if not at:
            made.set("scope", "row")
        _classify(made, column)
        if cell.value is not None:
            made.set("data-value", f"{cell.value:.12g}")
        if cell.bar is not None:
            cell.bar.draw(made)


def _classify(made: ET.Element, column: Column) -> None:
    if column.number or column.bar:
        made.set("class", "number" if column.number else "graph")
