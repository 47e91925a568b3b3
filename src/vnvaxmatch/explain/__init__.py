"""Explain a verdict: a waterfall of weights, field by field, for a terminal, a program or a page.

Pure: no file, no clock. Values of a record or a registry appear at disclosure ``values`` only.
"""

from vnvaxmatch.explain.explaining import explain
from vnvaxmatch.explain.explanation import Explanation, Step
from vnvaxmatch.explain.rows import verdict_of_row

__all__ = ["Explanation", "Step", "explain", "verdict_of_row"]
