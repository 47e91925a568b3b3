"""Figures as people of either language write them."""

from __future__ import annotations

from vnvaxmatch.messages import Lang

__all__ = ["count", "decimal", "percent", "say"]


def say(lang: Lang, vietnamese: str, english: str) -> str:
    """Choose the sentence of the language."""
    return vietnamese if lang == "vi" else english


def count(value: int, lang: Lang) -> str:
    """Write a count with the language's separator.

    >>> count(19000000, "vi"), count(19000000, "en")
    ('19.000.000', '19,000,000')
    """
    text = f"{value:,}"
    return text.replace(",", ".") if lang == "vi" else text


def decimal(value: float | None, lang: Lang, *, places: int = 2) -> str:
    """Write a number with so many places; a dash where there is none.

    >>> decimal(12.34375, "vi"), decimal(None, "en")
    ('12,34', '–')
    """
    if value is None:
        return "–"
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if lang == "vi" else text


def percent(share: float | None, lang: Lang, *, places: int = 3) -> str:
    """Write a share; only all reads 100 %, and only none reads 0 %.

    >>> percent(0.9999999, "en"), percent(1, "en"), percent(1e-9, "en", places=1)
    ('99.999 %', '100 %', '0.1 %')
    """
    if share is None:
        return "–"
    if share in (0, 1):
        return f"{100 * int(share)} %"
    least = 10.0**-places
    return f"{decimal(min(max(100 * share, least), 100 - least), lang, places=places)} %"
