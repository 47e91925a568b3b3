"""Read a verdict back from a row of results, which holds codes and weights and no values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vnvaxmatch.compare import Evidence, Finding, Level
from vnvaxmatch.errors import InputError
from vnvaxmatch.outcome import Change, Doubt, Reason
from vnvaxmatch.policy import Disclosure, Outcome, Verdict
from vnvaxmatch.records import Field

__all__ = ["verdict_of_row"]

_OF_A_SEARCH: Final = frozenset(
    {
        Reason.NOT_IN_REGISTRY, Reason.SEVERAL_ENTRIES, Reason.WEIGHT_TOO_LOW,
        Reason.NUMBER_OF_ANOTHER, Reason.BLOCK_TOO_LARGE,
    }
)  # fmt: skip
"""Reasons that a whole search gives, rather than the record or a comparison."""

_REASONS: Final = frozenset(reason.value for reason in Reason)
_DOUBTS: Final = frozenset(doubt.value for doubt in Doubt)


def verdict_of_row(cells: Mapping[str, Any], /, *, manifest: Mapping[str, Any]) -> Verdict:
    """Make the verdict that a row of ``results.parquet`` was written of.

    ``cells`` are the row's by column, ``manifest`` is what ``manifest.json`` holds. Suggestions are
    in no results row. Raises :class:`~vnvaxmatch.errors.InputError` for what is no such row.

    >>> cells = {"row": 1, "outcome": "mismatched", "name_level": "unmarked", "repairs": "",
    ...          "birth_level": "same", "sex_level": "same", "id_number_level": "same",
    ...          "reasons": "name_unaccented;name_marks"}
    >>> verdict = verdict_of_row(cells, manifest={"matcher": "exact/1", "disclosure": "findings"})
    >>> verdict.reasons[0].value, verdict.evidence.findings[0].reason.value
    ('name_unaccented', 'name_marks')
    """
    try:
        codes = _split(cells["reasons"])
        levels = {field: cells[f"{field}_level"] for field in Field}
        model = manifest.get("model") or {}
        evidence, told = None, dict.fromkeys(codes, False)
        if any(level is not None for level in levels.values()):
            findings = tuple(
                _finding(field, level, codes, cells) for field, level in levels.items()
            )
            weight = _bits(cells.get("weight"))
            prior = None if weight is None else _bits(model.get("prior"))
            evidence = Evidence(cells.get("entry_key") or "", findings, weight, prior)
            told.update((f.reason.value, True) for f in findings if f.reason is not None)
        rest = [code for code, compared in told.items() if not compared]
        return Verdict(
            outcome=Outcome(cells["outcome"]),
            reasons=tuple(_own(code) for code in rest if code not in _OF_A_SEARCH),
            repairs=tuple(Change(code) for code in _split(cells["repairs"])),
            found=tuple(Reason(code) for code in rest if code in _OF_A_SEARCH),
            evidence=evidence,
            margin=None if evidence is None else _bits(cells.get("margin")),
            candidates=tuple(_split(cells.get("candidates") or "")),
            matcher=str(manifest.get("matcher", "")),
            model=str(model.get("name", "")),
            policy=str(manifest.get("policy", "")),
            disclosure=Disclosure(manifest.get("disclosure", Disclosure.FINDINGS)),
        )
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            "this row of results cannot be read: a column is missing, or it has a code that this "
            "version does not know; use the version that manifest.json names"
        ) from error


def _finding(field: Field, level: str | None, codes: Sequence[str], cells: Any) -> Finding:
    found = Level.MISSING if level is None else Level(level)
    weight = _bits(cells.get(f"{field}_weight"))
    return Finding(field, found, _compared(field, found, codes), weight)


def _compared(field: Field, level: Level, codes: Sequence[str]) -> Reason | None:
    """Find the reason that the comparison of a field gave among all codes of a row.

    A field that was compared has no reason of its own, other than doubts, and the comparison's come
    after them.
    """
    if level is Level.MISSING:
        missing = f"{field}_not_compared"
        return Reason(missing) if missing in codes else None
    if level is Level.SAME:
        return None
    of_field = [c for c in codes if c.startswith(f"{field}_") and c in _REASONS]
    return Reason(of_field[-1]) if of_field else None


def _own(code: str) -> Reason | Doubt:
    return Doubt(code) if code in _DOUBTS else Reason(code)


def _bits(value: Any) -> float | None:
    return None if value is None else float(value)


def _split(codes: str) -> list[str]:
    return codes.split(";") if codes else []
