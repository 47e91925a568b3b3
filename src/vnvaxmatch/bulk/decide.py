"""From decisions to results rows: the cells of a verdict, made once for each profile of rows.

A row's profile is what is true of its fields and what was decided. Two rows with one profile have
one verdict but for the entry it names, so its cells are made once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import numpy.typing as npt
import pyarrow as pa

from vnvaxmatch.backends import Decision
from vnvaxmatch.bulk.claims import ClaimBatch
from vnvaxmatch.bulk.engine import Blocks
from vnvaxmatch.bulk.lift import Interner, distinct_rows
from vnvaxmatch.bulk.own import Own
from vnvaxmatch.bulk.results import verdict_cells
from vnvaxmatch.compare import Level
from vnvaxmatch.outcome import Change, Doubt, Reason
from vnvaxmatch.policy import Disclosure, Outcome, Verdict
from vnvaxmatch.records import Field

__all__ = ["Decided", "Decider", "Owns", "own_codes", "repairs", "verdict_rule", "wrong_fields"]

Ints: TypeAlias = npt.NDArray[Any]

_MANDATORY = tuple(field.value for field in Field)
_OPTIONAL = ("nationality", "commune")
_PARTS = (*_MANDATORY, *_OPTIONAL, "cross", "dose")


@attrs.frozen
class Decided:
    """A batch of results rows; which fields of each to look at again, and its class if it is dirty.

    ``texts`` is the input that the rows were made of; ``suggestions`` what to correct, as
    :func:`vnvaxmatch.bulk.results.suggestions_cell` writes it; ``blocks`` what each kind of key
    came to.
    """

    table: pa.Table
    wrong: pa.StringArray
    classes: pa.StringArray
    texts: pa.RecordBatch
    suggestions: pa.StringArray | None = None
    blocks: Blocks = attrs.field(factory=dict)


Owns: TypeAlias = dict[str, Own]
Rule: TypeAlias = Callable[[Owns, Decision], dict[str, Any]]
"""From what is true of a row and what was decided to its cells."""


def verdict_rule(*, disclosure: Disclosure) -> Rule:
    """Make the rule of a verified list: the cells of the verdict."""

    def rule(owns: Owns, decision: Decision) -> dict[str, Any]:
        verdict = Verdict(
            outcome=decision.outcome,
            reasons=own_codes(owns, foreign=decision.outcome is Outcome.OUT_OF_SCOPE),
            repairs=repairs(owns),
            found=decision.found,
            evidence=decision.evidence,
        )
        told = verdict.disclose(disclosure)
        return {
            **verdict_cells(told, owns["dose"].doubts),
            "class": verdict.dirty_class,
            "wrong": wrong_fields(told, [owns[part].gap for part in _MANDATORY]),
        }

    return rule


class Decider:
    """Makes results rows of claims and the decisions about them."""

    def __init__(
        self,
        *,
        owns: Interner[Own],
        decisions: Interner[Decision],
        rule: Rule,
        schema: pa.Schema,
    ) -> None:
        self._owns = owns
        self._decisions = decisions
        self._rule = rule
        self._schema = schema
        self._known: dict[tuple[int, ...], dict[str, Any]] = {}

    def decide(
        self,
        claims: ClaimBatch,
        decision: Ints,
        *,
        rows: Ints,
        given: Mapping[str, pa.Array] | None = None,
        suggestions: pa.StringArray | None = None,
        blocks: Blocks | None = None,
    ) -> Decided:
        """Make the results rows of a batch; ``rows`` are their numbers.

        ``decision`` holds for each row the number of its decision, ``given`` the columns that
        differ from row to row.
        """
        profile = [*(claims.own[part] for part in _PARTS), decision]
        first, index = distinct_rows(*profile)
        keys = zip(*(column[first].tolist() for column in profile), strict=True)
        cells = [self._cells(key) for key in keys]
        take = pa.array(index)
        texts = claims.texts
        columns: dict[str, pa.Array] = {
            "row": pa.array(rows),
            "record_id": texts.column("record_id")
            if "record_id" in texts.schema.names
            else pa.nulls(len(rows), pa.string()),
            "commune": claims.commune,
            **(given or {}),
        }
        for field in self._schema:
            if field.name not in columns:
                values = pa.array([cell[field.name] for cell in cells], field.type)
                columns[field.name] = values.take(take)
        wrong, classes = (
            pa.array([cell[name] for cell in cells], pa.string()).take(take)
            for name in ("wrong", "class")
        )
        table = pa.table([columns[name] for name in self._schema.names], schema=self._schema)
        return Decided(table, wrong, classes, texts, suggestions, blocks or {})

    def _cells(self, profile: tuple[int, ...]) -> dict[str, Any]:
        """Make the cells of one profile."""
        known = self._known.get(profile)
        if known is None:
            if len(self._known) > 1_000_000:
                self._known.clear()
            *numbers, decision = profile
            owns = dict(zip(_PARTS, (self._owns.things[n] for n in numbers), strict=True))
            known = self._known[profile] = self._rule(owns, self._decisions.things[decision])
        return known


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
