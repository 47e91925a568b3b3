"""What every section of a report is written with."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree as ET

import attrs

from vnvaxmatch.casework.report.campaigns import Campaign
from vnvaxmatch.casework.report.tables import Bar, Cell
from vnvaxmatch.casework.report.words import VIETNAM, Figures, day, say
from vnvaxmatch.explain.picture import element

__all__ = ["Pen"]


@attrs.frozen
class Pen:
    """What every section writes with: the campaign, how figures are shown, the body of the page."""

    campaign: Campaign
    figures: Figures
    body: ET.Element

    def say(self, vietnamese: str, english: str) -> str:
        """Choose the sentence of the language."""
        return say(self.figures.lang, vietnamese, english)

    def section(self, vietnamese: str, english: str, *about: tuple[str, str]) -> ET.Element:
        """Begin a section with its heading, and a sentence or two about it."""
        made = element(self.body, "section")
        element(made, "h2", self.say(vietnamese, english))
        for sentence in about:
            element(made, "p", self.say(*sentence), class_="about")
        return made

    def count(self, value: int) -> Cell:
        """Write a count into a cell."""
        return Cell(self.figures.count(value), self.figures.shown(value))

    def share(self, value: int, of: int) -> Cell:
        """Write a share into a cell."""
        return Cell(self.figures.share(value, of), self.figures.rank(value, of))

    def bar(self, value: int, of: int, *, kind: str = "c-certified") -> Cell:
        """Draw a count as a part of another."""
        share = self.figures.shown(value) / of if of and not self.figures.hides(value) else 0.0
        words = f"{self.figures.count(value)} / {self.figures.count(of)}"
        return Cell(bar=Bar([(kind, share)], words))

    def since(self, at: datetime | None, cases: int) -> Cell:
        """Write a day into a cell, if it is not that of so few cases that they are not shown."""
        if at is None or self.figures.hides(cases):
            return Cell("–", 0)
        return Cell(day(at, self.figures.lang), at.astimezone(VIETNAM).toordinal())

    @property
    def days(self) -> int:
        """After how many days without anything done a case is counted as untouched."""
        return self.campaign.untouched_for.days

    @property
    def late(self) -> str:
        """The heading of the column that counts those."""
        return self.say(f"Quá {self.days} ngày", f"Over {self.days} days")
