"""Hold results against the truth: who was told rightly, and whether a weight means what it says.

A row is *told* where the results name an entry. It is right where the truth names the same one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import attrs

from vnvaxmatch.bulk.evaluation.joining import STEPS_A_BIT, Joined, joined, open_results
from vnvaxmatch.bulk.evaluation.records import Bin, Case, Counts, Evaluation, Slice, Step
from vnvaxmatch.policy import Outcome
from vnvaxmatch.records import Field

__all__ = ["SLICES", "evaluate"]

Weighed: TypeAlias = tuple[int | None, int, int, float]
"""A step of weight, a state, rows of both, and how many of them are wrong by their weights."""

_NO_NUMBER: Final = frozenset({"number_missing", "number_placeholder"})
_UNUSABLE: Final = _NO_NUMBER | {
    "number_is_phone", "number_passport", "number_scientific", "number_wrong_length",
}  # fmt: skip
_WRONG_NUMBER: Final = _UNUSABLE | {"number_digit", "number_of_another", "number_transposed"}
_WRONG_NAME: Final = frozenset({
    "name_abbreviated", "name_missing", "name_missing_middle", "name_regional", "name_swapped",
    "name_typo", "name_unaccented", "name_unaccented_typo", "name_wrong_given", "name_wrong_mark",
})  # fmt: skip
_WRONG_BIRTH: Final = frozenset({
    "birth_default_day", "birth_digit", "birth_impossible", "birth_missing", "birth_month_only",
    "birth_swapped", "birth_year_off", "birth_year_only", "birth_zero_parts",
})  # fmt: skip
_ENCODING: Final = ("name_tcvn3", "name_vni", "name_viscii", "name_vps", "name_cp1258", "name_moji")

SLICES: Final[Mapping[str, Callable[[frozenset[str]], bool]]] = MappingProxyType(
    {
        "undamaged": lambda codes: not codes,
        "no_number": lambda codes: bool(codes & _NO_NUMBER),
        "unusable_number": lambda codes: bool(codes & _UNUSABLE),
        "year_only_no_number": lambda codes: "birth_year_only" in codes and bool(codes & _UNUSABLE),
        "number_of_another": lambda codes: "number_of_another" in codes,
        "unmarked_typo": lambda codes: "name_unaccented_typo" in codes,
        "encoding": lambda codes: any(
            code.startswith(_ENCODING) and code != "name_vni_keys" for code in codes
        ),
        "default_birthday": lambda codes: "birth_default_day" in codes,
        "name_and_birth": lambda codes: bool(codes & _WRONG_NAME and codes & _WRONG_BIRTH),
        "name_and_number": lambda codes: bool(codes & _WRONG_NAME and codes & _WRONG_NUMBER),
        "birth_and_number": lambda codes: bool(codes & _WRONG_BIRTH and codes & _WRONG_NUMBER),
        "name_birth_and_number": lambda codes: bool(
            codes & _WRONG_NAME and codes & _WRONG_BIRTH and codes & _WRONG_NUMBER
        ),
    }
)
"""The slices that are hard by experience, each by the codes of what was done to a row."""


def evaluate(
    results: str | Path,
    *,
    truth: str | Path,
    worst: int = 20,
    columns: Mapping[str, str] | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Evaluation:
    """Evaluate a results folder against the truth.

    ``results`` is a folder that was verified at disclosure ``values``. ``truth`` is a Parquet, CSV
    or XLSX file with ``row`` or ``record_id`` for every row of the results, in any order,
    ``entry_key`` (blank where the person is not in the registry) and, if known, ``corruptions``
    (codes of what was done to the row, joined by ``;``). ``worst`` is how many rows of each kind to
    point out. ``columns`` maps these columns to headings or 1-based numbers; it and the others say
    how the truth is laid out where that is not found out. Raises
    :class:`~vnvaxmatch.errors.InputError`.
    """
    folder = open_results(Path(results))
    model = folder.manifest.get("model")
    about = model if isinstance(model, dict) else {}
    reading = {"delimiter": delimiter, "encoding": encoding, "sheet": sheet}
    with joined(folder, Path(truth), given=columns or {}, **reading) as data:
        by_outcome = _by(data.outcomes())
        total = sum(by_outcome.values(), Counts())
        weights = data.weights() if data.has_weights else []
        curve = _curve(weights, total.in_registry)
        bins = _bins(weights)
        slices, codes = _slices(data) if data.has_codes else ((), ())
        return Evaluation(
            matcher=str(folder.manifest.get("matcher", "")),
            model=str(about["name"]) if "name" in about else None,
            threshold=_number(about.get("threshold")),
            weighed=data.has_weights,
            identification=total,
            matched=_only(by_outcome.get(Outcome.MATCHED, Counts()), total),
            outcomes=_in_order(by_outcome),
            candidates=data.candidates(),
            unweighed=sum(rows for step, _, rows, _ in weights if step is None),
            bins=bins,
            calibration_error=_calibration_error(bins),
            curve=curve,
            best=max(curve, key=lambda step: (step.f1 or 0.0, -step.threshold), default=None),
            slices=slices,
            codes=codes,
            wrong=_cases(data.wrong(worst)),
            barely_right=_cases(data.barely_right(worst)),
            missed=_cases(data.missed(worst)),
        )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and isfinite(value) else None


def _by(found: Iterable[tuple[str, int, int]]) -> dict[str, Counts]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(attrs.fields(Counts)))
    for name, state, rows in found:
        counts[name or ""][state] += rows
    return {name: Counts(*states) for name, states in counts.items()}


def _in_order(by_outcome: dict[str, Counts]) -> dict[str, Counts]:
    known = [outcome.value for outcome in Outcome if outcome.value in by_outcome]
    rest = [name for name in by_outcome if name not in known]
    return {name: by_outcome[name] for name in (*known, *rest)}


def _only(told: Counts, total: Counts) -> Counts:
    """Count as told only what is told in a part of the rows."""
    return Counts(
        right=told.right,
        wrong=told.wrong,
        stranger=told.stranger,
        nobody=total.in_registry - told.right - told.wrong,
        silent=total.rows - total.in_registry - told.stranger,
    )


def _curve(weights: Iterable[Weighed], in_registry: int) -> tuple[Step, ...]:
    """Give what would be told at every threshold where that changes, the lowest first."""
    rows: dict[int, tuple[int, int]] = {}
    told = right = 0
    for step, state, count, _ in weights:
        seen, fine = (told, right) if step is None else rows.get(step, (0, 0))
        seen, fine = seen + count, fine + count * (state == 0)
        if step is None:  # told for another reason than its weight: at every threshold
            told, right = seen, fine
        else:
            rows[step] = seen, fine
    steps = sorted(rows, reverse=True)
    sums = accumulate((rows[step] for step in steps), lambda a, b: (a[0] + b[0], a[1] + b[1]))
    found = [
        Step(step / STEPS_A_BIT, told + seen, right + fine, in_registry)
        for step, (seen, fine) in zip(steps, sums, strict=True)
    ]
    return tuple(reversed(found))


def _bins(weights: Iterable[Weighed]) -> tuple[Bin, ...]:
    """Count told rows in bins of one bit, the lowest first."""
    found: dict[int, Bin] = {}
    for step, state, rows, doubt in weights:
        if step is not None:
            at = step // STEPS_A_BIT
            more = Bin(at, 1, rows, rows * (state != 0), doubt)
            found[at] = found[at].joined(more) if at in found else more
    return tuple(found[at] for at in sorted(found))


def _calibration_error(bins: Iterable[Bin]) -> float | None:
    """Give the mean distance between stated probability and share right, by rows."""
    bins = list(bins)
    rows = sum(each.rows for each in bins)
    return sum(abs(each.expected_wrong - each.wrong) for each in bins) / rows if rows else None


def _cases(found: Iterable[dict[str, Any]]) -> tuple[Case, ...]:
    return tuple(
        Case(
            row=row["row"],
            record_id=row["record_id"],
            outcome=row["outcome"],
            weight=row["weight"],
            margin=_number(row.get("margin")),
            levels={field.value: row[f"{field}_level"] for field in Field},
            reasons=tuple(filter(None, row["reasons"].split(";"))),
            corruptions=_codes(row["corruptions"]),
            in_registry=row["state"] != 2,
        )
        for row in found
    )


def _codes(joined_codes: str) -> tuple[str, ...]:
    return tuple(filter(None, (code.strip() for code in joined_codes.split(";"))))


def _slices(data: Joined) -> tuple[tuple[Slice, ...], tuple[Slice, ...]]:
    """Count rows by what was done to them: the hard slices, and code by code, the worst first."""
    hard = dict.fromkeys(SLICES, Counts())
    any_: dict[str, Counts] = defaultdict(Counts)
    alone: dict[str, Counts] = defaultdict(Counts)
    for mix, counts in _by(data.mixes()).items():
        codes = frozenset(_codes(mix))
        for name, belongs in SLICES.items():
            if belongs(codes):
                hard[name] += counts
        for code in codes:
            any_[code] += counts
            if len(codes) == 1:
                alone[code] += counts
    found = [Slice(code, counts, alone[code]) for code, counts in any_.items()]
    found.sort(key=lambda each: (-each.any.lost, -each.any.rows, each.name))
    return tuple(Slice(name, counts) for name, counts in hard.items()), tuple(found)
