"""From levels to results rows: the scalar decision, lifted over the distinct profiles of rows.

A row's profile is what is true of its fields and how each compared. Two rows with one profile have
one verdict, so a verdict is made once for each profile, by the very function that makes it for one
claim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import attrs
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Decision, decide
from vnvaxmatch.bulk.claims import ClaimBatch
from vnvaxmatch.bulk.lift import Interner, distinct_rows
from vnvaxmatch.bulk.numbers import NO_NUMBER
from vnvaxmatch.bulk.own import Own
from vnvaxmatch.bulk.pairs import PairLevels
from vnvaxmatch.bulk.results import verdict_cells
from vnvaxmatch.compare import Evidence, Finding, Level, Likeness
from vnvaxmatch.outcome import Change, Doubt, Reason
from vnvaxmatch.policy import Disclosure, Outcome, Policy, Verdict, settle
from vnvaxmatch.records import Field

__all__ = ["Decided", "Decider", "Owns", "own_codes", "repairs", "verdict_rule", "wrong_fields"]

Ints: TypeAlias = npt.NDArray[Any]

_MANDATORY = tuple(field.value for field in Field)
_OPTIONAL = ("nationality", "commune")
_PARTS = (*_MANDATORY, *_OPTIONAL, "cross", "dose")

_NOT_ASKED, _NOBODY, _SKIPPED, _ONE = range(4)


@attrs.frozen
class Decided:
    """A batch of results rows; which fields of each to look at again, and its class if it is dirty.

    ``texts`` is the input that the rows were made of.
    """

    table: pa.Table
    wrong: pa.StringArray
    classes: pa.StringArray
    texts: pa.RecordBatch


Owns: TypeAlias = dict[str, Own]
Rule: TypeAlias = Callable[[Owns, Sequence[Evidence], int], dict[str, Any]]
"""From what is true of a row, the evidence about its entries and its state, to its cells."""


def verdict_rule(*, policy: Policy, matcher: str, disclosure: Disclosure) -> Rule:
    """Make the rule of a verified list: the cells of the verdict."""

    def rule(owns: Owns, evidences: Sequence[Evidence], state: int) -> dict[str, Any]:
        foreign = any(own.foreign for own in owns.values())
        gaps = [owns[part].gap for part in _MANDATORY]
        settled = settle(gaps, foreign=foreign)
        if state == _NOT_ASKED or foreign:
            decision = Decision(settled or Outcome.INCOMPLETE)
        else:
            decision = decide(evidences, policy=policy, settled=settled, skipped=state == _SKIPPED)
        verdict = Verdict(
            outcome=decision.outcome,
            reasons=own_codes(owns, foreign=foreign),
            repairs=repairs(owns),
            found=decision.found,
            evidence=decision.evidence,
            matcher=matcher,
            policy=str(policy),
        )
        told = verdict.disclose(disclosure)
        return {
            **verdict_cells(told, owns["dose"].doubts),
            "class": verdict.dirty_class,
            "wrong": wrong_fields(told, gaps),
            # "" stands for the one entry that was found: its key is taken from the column
            "taken": decision.evidence.entry_key
            if decision.evidence and disclosure is Disclosure.VALUES
            else None,
        }

    return rule


class Decider:
    """Makes results rows of claims and the levels of the entries found for them."""

    def __init__(
        self,
        *,
        owns: Interner[Own],
        likenesses: Interner[Likeness],
        rule: Rule,
        schema: pa.Schema,
    ) -> None:
        self._owns = owns
        self._likenesses = likenesses
        self._rule = rule
        self._schema = schema
        self._known: dict[tuple[int, ...], dict[str, Any]] = {}

    def decide(
        self, claims: ClaimBatch, pairs: PairLevels, skipped: Ints, *, first_row: int
    ) -> Decided:
        """Decide every claim of a batch; ``first_row`` is the number of its first row."""
        rows = len(claims)
        counts = np.bincount(pairs.row, minlength=rows)
        state = np.where(claims.number == NO_NUMBER, _NOT_ASKED, _NOBODY)
        state[counts == 1] = _ONE
        state[skipped] = _SKIPPED
        single = counts[pairs.row] == 1
        levels = {}
        for field in Field:
            levels[field] = np.zeros(rows, dtype=np.int64)
            levels[field][pairs.row[single]] = pairs.likeness[field][single] + 1
        profile = [claims.own[part] for part in _PARTS] + [levels[f] for f in Field] + [state]
        first, index = distinct_rows(*profile)
        keys = list(zip(*(column[first].tolist() for column in profile), strict=True))
        cells = [self._cells(key) for key in keys]
        several = np.flatnonzero(counts > 1)
        chosen = self._several(claims, pairs, several, cells, index)
        return self._table(claims, pairs, cells, index, single, chosen, first_row)

    def _cells(self, profile: tuple[int, ...]) -> dict[str, Any]:
        """Decide one profile of a row for which at most one entry was found."""
        known = self._known.get(profile)
        if known is None:
            if len(self._known) > 1_000_000:
                self._known.clear()
            *owns, name, birth, sex, number, state = profile
            evidences: list[Evidence] = []
            if state == _ONE:
                evidences = [self._evidence("", [n - 1 for n in (name, birth, sex, number)])]
            known = self._known[profile] = self._decided(owns, evidences, state)
        return known

    def _several(
        self,
        claims: ClaimBatch,
        pairs: PairLevels,
        several: Ints,
        cells: list[dict[str, Any]],
        index: Ints,
    ) -> dict[int, str]:
        """Decide the rows with several entries one by one; give the entries that were taken."""
        chosen: dict[int, str] = {}
        starts = np.searchsorted(pairs.row, several)
        ends = np.searchsorted(pairs.row, several, side="right")
        for row, start, end in zip(several.tolist(), starts.tolist(), ends.tolist(), strict=True):
            evidences = [
                self._evidence(
                    pairs.entry_key[at].as_py(), [int(pairs.likeness[f][at]) for f in Field]
                )
                for at in range(start, end)
            ]
            owns = [int(claims.own[part][row]) for part in _PARTS]
            index[row] = len(cells)
            cells.append(self._decided(owns, evidences, _ONE))
            if cells[-1]["taken"]:
                chosen[row] = cells[-1]["taken"]
        return chosen

    def _evidence(self, key: str, likenesses: Sequence[int]) -> Evidence:
        things = self._likenesses.things
        return Evidence(
            key, tuple(Finding(f, *things[n]) for f, n in zip(Field, likenesses, strict=True))
        )

    def _decided(
        self, numbers: Sequence[int], evidences: Sequence[Evidence], state: int
    ) -> dict[str, Any]:
        owns = dict(zip(_PARTS, (self._owns.things[number] for number in numbers), strict=True))
        return self._rule(owns, evidences, state)

    def _table(
        self,
        claims: ClaimBatch,
        pairs: PairLevels,
        cells: list[dict[str, Any]],
        index: Ints,
        single: Ints,
        chosen: dict[int, str],
        first_row: int,
    ) -> Decided:
        rows = len(claims)
        take = pa.array(index)
        texts = claims.texts
        columns: dict[str, pa.Array] = {
            "row": pa.array(np.arange(first_row, first_row + rows)),
            "record_id": texts.column("record_id")
            if "record_id" in texts.schema.names
            else pa.nulls(rows, pa.string()),
            "commune": claims.commune,
        }
        if "entry_key" in self._schema.names:
            columns["entry_key"] = _entry_keys(rows, pairs, cells, index, single, chosen)
        for field in self._schema:
            if field.name not in columns:
                values = pa.array([cell[field.name] for cell in cells], field.type)
                columns[field.name] = values.take(take)
        wrong, classes = (
            pa.array([cell[name] for cell in cells], pa.string()).take(take)
            for name in ("wrong", "class")
        )
        table = pa.table([columns[name] for name in self._schema.names], schema=self._schema)
        return Decided(table, wrong, classes, texts)


def _entry_keys(
    rows: int,
    pairs: PairLevels,
    cells: list[dict[str, Any]],
    index: Ints,
    single: Ints,
    chosen: dict[int, str],
) -> pa.Array:
    """Give the keys of the entries that verdicts were taken from, where they may be told."""
    told = np.array([cell["taken"] is not None for cell in cells], dtype=np.bool_)[index]
    if not told.any():
        return pa.nulls(rows, pa.string())
    place = np.full(rows, -1, dtype=np.int64)
    place[pairs.row[single]] = np.flatnonzero(single)
    mask = (place < 0) | ~told
    keys = pairs.entry_key.take(pa.array(np.where(place < 0, 0, place), mask=mask))
    if not chosen:
        return keys
    listed = keys.to_pylist()
    for row, key in chosen.items():
        listed[row] = key
    return pa.array(listed, pa.string())


def own_codes(owns: Owns, *, foreign: bool) -> tuple[Reason | Doubt, ...]:
    """Give what :func:`vnvaxmatch.policy.own_reasons` gives for a claim."""
    if foreign:
        return (Reason.NOT_VIETNAMESE,)
    gaps = tuple(g for part in (*_MANDATORY, *_OPTIONAL) if (g := owns[part].gap) is not None)
    doubts = tuple(d for part in (*_MANDATORY, *_OPTIONAL, "cross") for d in owns[part].doubts)
    return gaps + doubts


def repairs(owns: Owns) -> tuple[Change, ...]:
    """Give what :attr:`vnvaxmatch.records.Claim.changes` gives."""
    return tuple(change for part in _PARTS for change in owns[part].changes)


def wrong_fields(verdict: Verdict, gaps: Sequence[Reason | None]) -> str:
    """Name the fields to look at again, by ``;``: those with a gap, and those that disagree.

    ``gaps`` are the claim's own, in the order of Field. If nobody has the number, it is the number.
    """
    if verdict.outcome is Outcome.OUT_OF_SCOPE:
        return ""
    wrong = []
    for field, gap in zip(Field, gaps, strict=True):
        level = verdict.level(field)
        if gap is not None or level not in (None, Level.SAME, Level.LINKED):
            wrong.append(field.value)
    if not wrong and verdict.outcome is Outcome.NOT_FOUND:
        wrong.append(Field.ID_NUMBER.value)
    return ";".join(wrong)
