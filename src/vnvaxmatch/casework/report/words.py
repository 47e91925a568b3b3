"""Figures and times as people of either language read them, and small counts as they may be."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

import attrs

from vnvaxmatch.messages import Lang

__all__ = ["VIETNAM", "Figures", "day", "moment", "say"]

VIETNAM: Final = timezone(timedelta(hours=7))
"""Vietnam's time; its clocks are not changed in summer."""

_DAYS: Final = {"vi": "%d/%m/%Y", "en": "%Y-%m-%d"}


def say(lang: Lang, vietnamese: str, english: str) -> str:
    """Choose the sentence of the language."""
    return vietnamese if lang == "vi" else english


def day(at: datetime, lang: Lang) -> str:
    """Write the day that a time has in Vietnam.

    >>> from datetime import UTC
    >>> day(datetime(2026, 3, 1, 18, tzinfo=UTC), "vi")
    '02/03/2026'
    """
    return f"{at.astimezone(VIETNAM):{_DAYS[lang]}}"


def moment(at: datetime, lang: Lang) -> str:
    """Write a time of Vietnam; its midnight is the end of the day before.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 1, 8, 5, tzinfo=UTC), "en")
    '15:05 on 2026-03-01, Vietnam time'
    >>> moment(datetime(2026, 3, 1, 17, tzinfo=UTC), "vi")
    'hết ngày 01/03/2026 (giờ Việt Nam)'
    """
    here = at.astimezone(VIETNAM)
    if here.timetz() == here.timetz().replace(hour=0, minute=0, second=0, microsecond=0):
        before = day(here - timedelta(days=1), lang)
        return say(lang, f"hết ngày {before} (giờ Việt Nam)", f"the end of {before}, Vietnam time")
    return say(
        lang,
        f"{here:%H:%M} ngày {day(here, lang)} (giờ Việt Nam)",
        f"{here:%H:%M} on {day(here, lang)}, Vietnam time",
    )


@attrs.frozen
class Figures:
    """How counts are shown: those from 1 to below ``smallest`` not as they are."""

    lang: Lang
    smallest: int = 0

    def hides(self, value: int) -> bool:
        """Tell whether a count is too small to be shown."""
        return 0 < value < self.smallest

    def count(self, value: int) -> str:
        """Write a count with the language's separator.

        >>> Figures("vi").count(1234567), Figures("en", smallest=5).count(3)
        ('1.234.567', '< 5')
        """
        if self.hides(value):
            return f"< {self.smallest}"
        text = f"{value:,}"
        return text.replace(",", ".") if self.lang == "vi" else text

    def shown(self, value: int) -> float:
        """Give what a count may be sorted by, and drawn as: one that is hidden is next to none."""
        return 0.5 if self.hides(value) else float(value)

    def share(self, value: int, of: int) -> str:
        """Write a share in per cent; only all reads 100 %, and only none reads 0 %.

        >>> Figures("vi").share(1, 3), Figures("en").share(9999, 10000), Figures("en").share(0, 0)
        ('33,3 %', '99.9 %', '–')
        """
        if not of or self.hides(value) or self.hides(of) or self.hides(of - value):
            return "–"
        if value in (0, of):
            return f"{100 * value // of} %"
        text = f"{min(max(100 * value / of, 0.1), 99.9):.1f} %"
        return text.replace(".", ",") if self.lang == "vi" else text

    def rank(self, value: int, of: int) -> float:
        """Give what a share is sorted by: one that is not told comes last."""
        return -1.0 if self.share(value, of) == "–" else value / of
