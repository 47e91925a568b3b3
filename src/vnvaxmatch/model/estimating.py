"""Fit a model to a registry and a list: by expectation maximization, or by known answers.

What is fitted is how probable each likeness is for one person (m), which depends on how a list was
taken down. How probable it is for two people (u) is a matter of the population, and stays.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from vnvaxmatch.compare import Evidence, Level
from vnvaxmatch.errors import ModelError
from vnvaxmatch.model.frequencies import Frequencies
from vnvaxmatch.model.models import Chance, Model, code_of
from vnvaxmatch.model.weighing import Weigher
from vnvaxmatch.records import Field

__all__ = ["Pattern", "estimate", "pattern_of", "patterns_of", "refine"]

_ROUNDS: Final = 50
_STILL: Final = 1e-5
"""No chance moved by more: nothing is left to learn."""

_BELIEF: Final = 200.0
"""So many matches' worth of belief in the model that is given, so that a likeness that a short list
lacks is not taken to be impossible."""


@attrs.frozen
class Pattern:
    """How a claim and an entry are alike, and what the rarity of their terms adds.

    ``codes`` are those of the four fields in the order of ``Field``, None for a missing one;
    ``rarity`` is the part of the weight that no chance explains, in half bits. It names nobody.
    """

    codes: tuple[str | None, str | None, str | None, str | None]
    rarity: int = 0


def pattern_of(evidence: Evidence, weigher: Weigher, /) -> Pattern:
    """Give the pattern of weighed evidence."""
    codes = tuple(
        None if f.level is Level.MISSING else code_of((f.level, f.reason))
        for f in evidence.findings
    )
    rarity = sum(
        (finding.weight or 0.0) - weigher.part(finding.field, code)[0]
        for finding, code in zip(evidence.findings, codes, strict=True)
        if code is not None
    )
    name, birth, sex, number = codes
    return Pattern((name, birth, sex, number), round(2 * rarity))


def patterns_of(evidences: Iterable[Evidence], weigher: Weigher, /) -> Counter[Pattern]:
    """Count patterns: those of a million pairs are some hundreds."""
    return Counter(pattern_of(evidence, weigher) for evidence in evidences)


def estimate(
    patterns: Mapping[Pattern, int],
    *,
    model: Model,
    frequencies: Frequencies,
    name: str = "estimated",
    version: int = 1,
) -> Model:
    """Fit m to the patterns of unlabelled pairs, by expectation maximization.

    ``patterns`` are those of all entries that were found for many claims, the wrong ones too
    (:func:`patterns_of` of the evidence the fuzzy matcher weighs); ``model`` is where to start and
    what to believe where there is little to see. In each round every pattern counts as a match as
    far as its weight says, and m becomes the share among matches (Winkler 1988, Using the EM
    algorithm for weight computation in the Fellegi-Sunter model of record linkage).

    Raises :class:`~vnvaxmatch.errors.ModelError` if there is nothing to learn from.
    """
    if not patterns:
        raise ModelError("no pairs to learn from: give the evidence about some thousand claims")
    start = model
    for _ in range(_ROUNDS):
        weigher = Weigher(model, frequencies)
        expected: dict[Field, defaultdict[str, float]] = {f: defaultdict(float) for f in Field}
        for pattern, count in patterns.items():
            share = count * _probability(pattern, weigher)
            for field, code in zip(Field, pattern.codes, strict=True):
                if code is not None:
                    expected[field][code] += share
        fitted = _fitted(start, expected, name, version)
        moved = max(
            abs(chance.m - model.chances[field][code].m)
            for field, table in fitted.chances.items()
            for code, chance in table.items()
        )
        model = fitted
        if moved < _STILL:
            break
    return model


def refine(
    matches: Mapping[Pattern, int], *, model: Model, name: str = "refined", version: int = 1
) -> Model:
    """Fit m to the patterns of pairs that are known to be one person.

    They are the labels of casework: claims whose entry the police confirmed.
    """
    if not matches:
        raise ModelError("no confirmed pairs to learn from")
    counted: dict[Field, Counter[str]] = {field: Counter() for field in Field}
    for pattern, count in matches.items():
        for field, code in zip(Field, pattern.codes, strict=True):
            if code is not None:
                counted[field][code] += count
    return _fitted(model, counted, name, version)


def _probability(pattern: Pattern, weigher: Weigher) -> float:
    """Give the probability that a pattern is a match."""
    bits = weigher.prior + pattern.rarity / 2
    for field, code in zip(Field, pattern.codes, strict=True):
        if code is not None:
            bits += weigher.part(field, code)[0]
    return float(1 / (1 + 2.0 ** -max(-500.0, min(bits, 500.0))))


def _fitted(
    model: Model, counts: Mapping[Field, Mapping[str, float]], name: str, version: int
) -> Model:
    chances: dict[Field, dict[str, Chance]] = {}
    for field, table in model.chances.items():
        total = sum(counts[field].values()) + _BELIEF * sum(c.m for c in table.values())
        chances[field] = {
            code: Chance(
                (counts[field].get(code, 0.0) + _BELIEF * chance.m) / total, chance.u, chance.scale
            )
            for code, chance in table.items()
        }
    return attrs.evolve(model, name=name, version=version, chances=chances)
