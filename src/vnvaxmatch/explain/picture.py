"""Draw an explanation as an SVG picture: no script, no font, no file beside it.

Every finding stands above its bar on the full width, so that no label meets a bar or a number
however long it is, and the picture can be read on a telephone. A bar is an arrow: to the right what
speaks for one person, to the left what speaks against; colour only repeats that.
"""

from __future__ import annotations

import unicodedata
from typing import Final
from xml.etree import ElementTree as ET

from vnvaxmatch.explain.explanation import Explanation, Step
from vnvaxmatch.explain.layout import Scale, footer, signed_level, wrapped
from vnvaxmatch.explain.words import Phrase, clean, phrase, signed

__all__ = ["element", "picture", "svg"]

_ALONE: Final = 520
_ON_A_PAGE: Final = 400
"""Units of width. On a page the picture is narrower, that its letters be no smaller on a telephone
than those around it, and says only what the page does not."""

_MARGIN: Final = 16
_BAR: Final = 16
_FONT: Final = "'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', Arial, sans-serif"

_INK: Final = "#1a1a1a"
_GREY: Final = "#555555"
_TRACK: Final = "#eeeeee"
_FOR: Final = "#1f6fb2"
_AGAINST: Final = "#b3540a"
"""Blue and orange: told apart by almost everybody, and by their brightness in print."""

_NARROW: Final = frozenset("iljtfrI.,:;'’|!()[]/ -–")
_BROAD: Final = frozenset("mwMW@%—")


def svg(explanation: Explanation) -> str:
    """Draw an explanation as an SVG document."""
    return ET.tostring(_Canvas(explanation, _ALONE).alone(), encoding="unicode") + "\n"


def picture(explanation: Explanation) -> ET.Element:
    """Draw the waterfall of a weighed explanation as an SVG element for a page."""
    return _Canvas(explanation, _ON_A_PAGE).on_a_page()


def element(parent: ET.Element, tag: str, text: str = "", /, **attributes: str) -> ET.Element:
    """Add an element; an underscore in an attribute's name stands for a hyphen."""
    named = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = ET.SubElement(parent, tag, named)
    made.text = text or None
    return made


class _Canvas:
    """A picture in the making, drawn from top to bottom; ``y`` is where the next line goes."""

    def __init__(self, explanation: Explanation, width: int) -> None:
        self.explanation = explanation
        self.lang = explanation.lang
        self.width = width
        self.inner = width - 2 * _MARGIN
        self.scale = Scale.of(explanation, self.inner)
        self.y = 8.0
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "role": "img",
                "lang": self.lang,
                "xml:lang": self.lang,
                "aria-labelledby": "explanation-title explanation-description",
                "font-family": _FONT,
            },
        )
        title = f"{phrase(Phrase.PICTURE, lang=self.lang)}: {explanation.outcome_sentence}"
        element(self.root, "title", title, id="explanation-title")
        element(self.root, "desc", _in_words(explanation), id="explanation-description")
        element(self.root, "rect", width="100%", height="100%", fill="#ffffff")

    def alone(self) -> ET.Element:
        """Draw a picture that says all by itself."""
        explanation = self.explanation
        if explanation.row is not None:
            row = phrase(Phrase.ROW, lang=self.lang, row=str(explanation.row))
            self.write(row, size=13, fill=_GREY)
        self.write(explanation.outcome_sentence, size=18, bold=True)
        self.y += 8
        self.waterfall(in_full=True)
        self.write(explanation.sentence, size=15, bold=True)
        self.write(explanation.margin_sentence, size=14)
        self.y += 4
        self.write(footer(explanation), size=11, fill=_GREY)
        return self.finished()

    def on_a_page(self) -> ET.Element:
        """Draw the bars for a page that says the rest."""
        self.waterfall(in_full=False)
        return self.finished()

    def finished(self) -> ET.Element:
        """Say how large the picture became."""
        self.y += 10
        self.root.set("viewBox", f"0 0 {self.width} {self.y:.0f}")
        self.root.set("width", str(self.width))
        self.root.set("height", f"{self.y:.0f}")
        return self.root

    def waterfall(self, *, in_full: bool) -> None:
        """Draw all steps, and where they were weighed the total and what the bars mean."""
        weight = self.explanation.weight
        for step in self.explanation.steps:
            self.step(step, weighed=weight is not None, in_full=in_full)
        if weight is not None:
            self.total(weight)
            self.legend()

    def step(self, step: Step, *, weighed: bool, in_full: bool) -> None:
        """Draw a step: its label and weight, what was found, and its bar."""
        if weighed:
            weight = signed(step.weight or 0.0, lang=self.lang)
            self.write(step.label, size=15, bold=True, right=weight)
        else:
            self.write(f"{signed_level(step.level)} {step.label}", size=15, bold=True)
        self.write(step.sentence, size=14, fill=_GREY)
        if in_full:
            self.write(step.note, size=13, fill=_GREY)
        if in_full and step.claimed:
            claimed = f"{phrase(Phrase.CLAIMED, lang=self.lang)}: {clean(step.claimed)}"
            self.write(claimed, size=14, fill=_GREY)
        if weighed and step.weight is not None and step.total is not None:
            self.bar(step.total - step.weight, step.total)
        self.y += 8

    def total(self, weight: float) -> None:
        """Draw the total below a line."""
        y = f"{self.y:.1f}"
        right = str(self.width - _MARGIN)
        element(self.root, "line", x1=str(_MARGIN), x2=right, y1=y, y2=y, stroke=_INK)
        self.y += 4
        label = phrase(Phrase.TOTAL, lang=self.lang)
        self.write(label, size=15, bold=True, right=signed(weight, lang=self.lang))
        self.bar(0.0, weight)
        self.y += 10

    def bar(self, start: float, end: float) -> None:
        """Draw an arrow from one total to the next, on a track with a mark at 0."""
        top = self.y + 4
        element(
            self.root, "rect", x=str(_MARGIN), y=f"{top:.1f}", width=str(self.inner),
            height=str(_BAR), fill=_TRACK,
        )  # fmt: skip
        here, there = _MARGIN + self.scale(start), _MARGIN + self.scale(end)
        if start != end:
            fill = _FOR if end > start else _AGAINST
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _arrow(here, there, top))
            element(self.root, "polygon", points=points, fill=fill)
        self.mark(_MARGIN + self.scale(0.0), top, _BAR)
        self.y = top + _BAR + 4

    def legend(self) -> None:
        """Say what the arrows mean."""
        for words, fill, (here, there) in (
            (Phrase.SPEAKS_FOR, _FOR, (0, 24)),
            (Phrase.SPEAKS_AGAINST, _AGAINST, (24, 0)),
        ):
            arrow = _arrow(_MARGIN + here, _MARGIN + there, self.y + 4, height=12)
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in arrow)
            element(self.root, "polygon", points=points, fill=fill)
            self.write(phrase(words, lang=self.lang), size=13, fill=_GREY, indent=34)
        self.mark(_MARGIN + 12, self.y + 4, 12)
        self.write(phrase(Phrase.EVEN, lang=self.lang), size=13, fill=_GREY, indent=34)
        self.y += 8

    def mark(self, x: float, top: float, height: float) -> None:
        """Draw the line that stands at 0."""
        element(
            self.root, "line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=f"{top - 3:.1f}",
            y2=f"{top + height + 3:.1f}", stroke=_INK, stroke_width="1.5",
        )  # fmt: skip

    def write(
        self, text: str, *, size: int, bold: bool = False, fill: str = _INK, right: str = "",
        indent: int = 0,
    ) -> None:  # fmt: skip
        """Write a text on as many lines as it needs, and beside the first one a number."""
        room = self.inner - indent - (_measure(right, size, bold) + 16 if right else 0)
        weight = "bold" if bold else "normal"
        for at, line in enumerate(wrapped(text, room, lambda part: _measure(part, size, bold))):
            self.y += size * 1.35
            common = {
                "y": f"{self.y - size * 0.3:.1f}", "font_size": str(size),
                "font_weight": weight, "fill": fill,
            }  # fmt: skip
            element(self.root, "text", line, x=str(_MARGIN + indent), **common)
            if right and at == 0:
                x = str(self.width - _MARGIN)
                element(self.root, "text", right, x=x, text_anchor="end", **common)


def _arrow(
    here: float, there: float, top: float, *, height: float = _BAR
) -> list[tuple[float, float]]:
    """Give the corners of an arrow, two units long at the least."""
    if abs(there - here) < 2:
        there = here + (2 if there >= here else -2)
    head = min(7.0, abs(there - here)) * (1 if there > here else -1)
    bottom = top + height
    return [
        (here, top), (there - head, top), (there, (top + bottom) / 2), (there - head, bottom),
        (here, bottom),
    ]  # fmt: skip


def _measure(text: str, size: float, bold: bool) -> float:
    """Estimate how wide a text is, rather too wide: fonts differ from screen to screen."""
    ems = 0.0
    for letter in text:
        if letter in _NARROW:
            ems += 0.38
        elif letter in _BROAD:
            ems += 1.0
        elif letter.isupper() or letter in "<>=+−#&~":
            ems += 0.8
        elif unicodedata.category(letter) in ("Mn", "Me", "Cf"):
            continue
        else:
            ems += 1.0 if unicodedata.east_asian_width(letter) in ("W", "F") else 0.61
    return ems * size * (1.16 if bold else 1.0)


def _in_words(explanation: Explanation) -> str:
    """Say in words what the picture shows, for those who do not see it."""
    lang = explanation.lang
    said = []
    for step in explanation.steps:
        weight = "" if step.weight is None else f" {signed(step.weight, lang=lang)}"
        said.append(f"{step.label}{weight}: {step.sentence}.")
    if explanation.weight is not None:
        total = signed(explanation.weight, lang=lang)
        said.append(f"{phrase(Phrase.TOTAL, lang=lang)} {total}.")
    return " ".join([*said, f"{explanation.sentence}.", explanation.margin_sentence]).strip()
