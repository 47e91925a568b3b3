"""Whole lists: the scalar rules lifted over columns, and engines that only move rows.

Needs the extra ``bulk``.
"""

from vnvaxmatch.errors import MissingExtraError

try:
    import duckdb as _duckdb  # noqa: F401 - the four parts of the extra, named before ours fail
    import numpy as _numpy  # noqa: F401
    import pyarrow as _pyarrow  # noqa: F401
    import python_calamine as _calamine  # noqa: F401
    import xlsxwriter as _xlsxwriter  # noqa: F401
except ModuleNotFoundError as error:
    raise MissingExtraError("bulk") from error

from vnvaxmatch.bulk.linking import LINK_SCHEMA, link
from vnvaxmatch.bulk.population import Built, build_registry
from vnvaxmatch.bulk.results import RESULT_SCHEMA, result_row
from vnvaxmatch.bulk.runs import InputOptions, Progress, Run, check, verify

__all__ = [
    "LINK_SCHEMA",
    "RESULT_SCHEMA",
    "Built",
    "InputOptions",
    "Progress",
    "Run",
    "build_registry",
    "check",
    "link",
    "result_row",
    "verify",
]
