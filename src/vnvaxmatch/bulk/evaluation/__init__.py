"""Evaluation: results held against the truth, as figures, tables, a page and a chart."""

from vnvaxmatch.bulk.evaluation.evaluating import SLICES, evaluate
from vnvaxmatch.bulk.evaluation.page import write_evaluation
from vnvaxmatch.bulk.evaluation.records import (
    Bin,
    Case,
    Counts,
    Evaluation,
    Share,
    Slice,
    Step,
)
from vnvaxmatch.bulk.evaluation.tables import Table, tables

__all__ = [
    "SLICES",
    "Bin",
    "Case",
    "Counts",
    "Evaluation",
    "Share",
    "Slice",
    "Step",
    "Table",
    "evaluate",
    "tables",
    "write_evaluation",
]
