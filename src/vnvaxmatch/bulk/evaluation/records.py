"""What an evaluation holds: counts of rows by truth, shares with their intervals, cases.

Nothing here is a value of a record: row numbers, identifiers of the list, codes, weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import floor, sqrt
from typing import Any, Final

import attrs

from vnvaxmatch.outcome import redact

__all__ = ["Bin", "Case", "Counts", "Evaluation", "Share", "Slice", "Step"]

_Z: Final = 1.959963984540054
"""The normal quantile of two-sided 95 %."""


@attrs.frozen
class Share:
    """A share with its 95 % interval; all None where there is nothing to divide by."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, part: int, whole: int) -> Share:
        """Give the share of a part, with the interval of Wilson (1927).

        >>> share = Share.of(9999, 10000)
        >>> share.value, round(share.low, 5), round(share.high, 5)
        (0.9999, 0.99943, 0.99998)
        """
        if not whole:
            return cls(None, None, None)
        p, z2 = part / whole, _Z * _Z / whole
        middle = (p + z2 / 2) / (1 + z2)
        reach = _Z * sqrt(p * (1 - p) / whole + z2 / whole / 4) / (1 + z2)
        low = 0.0 if part == 0 else max(0.0, middle - reach)
        return cls(p, low, 1.0 if part == whole else min(1.0, middle + reach))


@attrs.frozen
class Counts:
    """Rows by whether the right entry was told.

    >>> counts = Counts(right=90, wrong=1, stranger=2, nobody=9, silent=5)
    >>> counts.rows, counts.told, counts.in_registry
    (107, 93, 100)
    >>> round(counts.precision.value, 4), counts.recall.value
    (0.9677, 0.9)
    """

    right: int = 0
    """The person is in the registry, and that entry was told."""
    wrong: int = 0
    """The person is in the registry, and another entry was told."""
    stranger: int = 0
    """The person is not in the registry, and somebody was told."""
    nobody: int = 0
    """The person is in the registry, and nobody was told."""
    silent: int = 0
    """The person is not in the registry, and nobody was told."""

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            *(a + b for a, b in zip(attrs.astuple(self), attrs.astuple(other), strict=True))
        )

    @property
    def rows(self) -> int:
        """All of them."""
        return self.right + self.wrong + self.stranger + self.nobody + self.silent

    @property
    def told(self) -> int:
        """Rows of which an entry was told."""
        return self.right + self.wrong + self.stranger

    @property
    def in_registry(self) -> int:
        """Rows whose person is in the registry."""
        return self.right + self.wrong + self.nobody

    @property
    def lost(self) -> int:
        """Rows that are not as they should be."""
        return self.wrong + self.stranger + self.nobody

    @property
    def precision(self) -> Share:
        """The share of the told rows that is right."""
        return Share.of(self.right, self.told)

    @property
    def recall(self) -> Share:
        """The share of the rows whose person is in the registry that was told rightly."""
        return Share.of(self.right, self.in_registry)

    @property
    def f1(self) -> Share:
        """The harmonic mean of precision and recall.

        F1 is no share, but 2 J / (1 + J) of one: J = right / (told + in registry - right). Its
        interval is that of J, carried over (after Hand, Christen and Kirielle, 2021).
        """
        both = self.told + self.in_registry
        bounds = Share.of(self.right, both - self.right)
        if bounds.low is None or bounds.high is None:
            return bounds
        low, high = (2 * j / (1 + j) for j in (bounds.low, bounds.high))
        return Share(2 * self.right / both, low, high)

    def as_dict(self) -> dict[str, Any]:
        """Give counts and shares for JSON."""
        shares = {name: getattr(self, name) for name in ("precision", "recall", "f1")}
        return {
            "rows": self.rows,
            **attrs.asdict(self),
            **{name: attrs.asdict(share) for name, share in shares.items()},
        }


@attrs.frozen
class Bin:
    """Told rows whose weight is at least ``weight`` and less than ``weight + width`` bits.

    ``expected_wrong`` is how many of them would be wrong if the weights meant what they say.
    """

    weight: int
    width: int
    rows: int
    wrong: int
    expected_wrong: float

    def joined(self, other: Bin) -> Bin:
        """Take the rows of another bin in."""
        return attrs.evolve(
            self,
            rows=self.rows + other.rows,
            wrong=self.wrong + other.wrong,
            expected_wrong=self.expected_wrong + other.expected_wrong,
        )

    @property
    def probability(self) -> float:
        """The mean probability that the weights state."""
        return 1 - self.expected_wrong / self.rows

    @property
    def right(self) -> float:
        """The share of the rows that is right."""
        return 1 - self.wrong / self.rows

    def as_dict(self) -> dict[str, Any]:
        """Give everything for JSON."""
        return {**attrs.asdict(self), "probability": self.probability, "right": self.right}


@attrs.frozen
class Step:
    """What would be told if a weight of ``threshold`` bits were asked for."""

    threshold: float
    told: int
    right: int
    in_registry: int

    @property
    def precision(self) -> float | None:
        """The share of what would be told that is right."""
        return self.right / self.told if self.told else None

    @property
    def recall(self) -> float | None:
        """The share of those in the registry who would be told rightly."""
        return self.right / self.in_registry if self.in_registry else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both."""
        both = self.told + self.in_registry
        return 2 * self.right / both if both else None

    def as_dict(self) -> dict[str, Any]:
        """Give everything for JSON."""
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"threshold": self.threshold, "told": self.told, "right": self.right, **shares}


@attrs.frozen
class Slice:
    """Rows that something was done to: all of them, and those that nothing else was done to."""

    name: str
    any: Counts
    alone: Counts | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give everything for JSON."""
        alone = {} if self.alone is None else {"alone": self.alone.as_dict()}
        return {"any": self.any.as_dict(), **alone}


@attrs.frozen
class Case:
    """One row that a person should look at: where it stands and its codes, no value of it."""

    row: int
    record_id: str | None = attrs.field(repr=redact)
    outcome: str
    weight: float | None
    margin: float | None
    levels: Mapping[str, str | None]
    reasons: tuple[str, ...]
    corruptions: tuple[str, ...]
    in_registry: bool

    def as_dict(self) -> dict[str, Any]:
        """Give everything for JSON."""
        return {**attrs.asdict(self), "levels": dict(self.levels)}


@attrs.frozen
class Evaluation:
    """How good results are, by the truth.

    ``matched`` counts a row as told only if its outcome is ``matched``. ``candidates`` are the rows
    that name candidates instead of an entry: all, those whose person is in the registry, those that
    name that person. What needs weights is empty or None for a matcher that does not weigh
    (``weighed``), what needs to know what was done to the rows for a truth that does not say.
    """

    matcher: str
    model: str | None
    threshold: float | None
    weighed: bool
    identification: Counts
    matched: Counts
    outcomes: Mapping[str, Counts]
    candidates: tuple[int, int, int] = (0, 0, 0)
    unweighed: int = 0
    bins: tuple[Bin, ...] = ()
    calibration_error: float | None = None
    curve: tuple[Step, ...] = ()
    best: Step | None = None
    slices: tuple[Slice, ...] = ()
    codes: tuple[Slice, ...] = ()
    wrong: tuple[Case, ...] = ()
    barely_right: tuple[Case, ...] = ()
    missed: tuple[Case, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the results."""
        return self.identification.rows

    def reliability(self, width: int = 1) -> tuple[Bin, ...]:
        """Give the bins in so many whole bits each; ``width`` divides the widths they have."""
        merged: dict[int, Bin] = {}
        for each in self.bins:
            at = each.weight // width * width
            seen = merged.get(at, Bin(at, width, 0, 0, 0.0))
            merged[at] = seen.joined(each)
        return tuple(merged[at] for at in sorted(merged))

    @property
    def used(self) -> float | None:
        """The threshold from which on something is known: the one used, or the lowest weight."""
        if not self.curve:
            return None
        lowest = self.curve[0].threshold
        return lowest if self.threshold is None else min(lowest, self.threshold)

    @property
    def best_is_used(self) -> bool:
        """Whether no higher threshold than the one used would give a better F1."""
        return self.best is not None and self.best == self.curve[0]

    def steps(self, width: int = 1) -> tuple[Step, ...]:
        """Give what is told at the threshold used, and at every so many whole bits above it."""
        if self.used is None:
            return ()
        found, at = [attrs.evolve(self.curve[0], threshold=self.used)], 0
        first, last = (floor(bits / width) for bits in (self.used, self.curve[-1].threshold))
        for threshold in range((first + 1) * width, last * width + 1, width):
            while self.curve[at].threshold < threshold:
                at += 1
            found.append(attrs.evolve(self.curve[at], threshold=float(threshold)))
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Give everything for JSON, as ``evaluation.json`` holds it."""
        named, known, held = self.candidates
        return {
            "rows": self.rows,
            "matcher": self.matcher,
            "model": self.model,
            "threshold": self.threshold,
            "identification": self.identification.as_dict(),
            "matched": self.matched.as_dict(),
            "outcomes": {name: counts.as_dict() for name, counts in self.outcomes.items()},
            "candidates": {"rows": named, "in_registry": known, "named": held},
            "weighed": self.weighed,
            "unweighed": self.unweighed,
            "calibration_error": self.calibration_error,
            "reliability": [each.as_dict() for each in self.bins],
            "best": self.best.as_dict() if self.best else None,
            "thresholds": [step.as_dict() for step in self.steps()],
            "slices": {each.name: each.as_dict() for each in self.slices},
            "corruptions": {each.name: each.as_dict() for each in self.codes},
            "wrong": [case.as_dict() for case in self.wrong],
            "barely_right": [case.as_dict() for case in self.barely_right],
            "missed": [case.as_dict() for case in self.missed],
        }
