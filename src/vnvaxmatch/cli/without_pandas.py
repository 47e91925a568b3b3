"""Leave pandas where it is: PyArrow imports it wherever it is installed, in 0.2 s of each process.

It looks once, at the first list or array that it is given, and remembers what it found. Whoever
needs pandas later has it all the same, from PyArrow too.
"""

from __future__ import annotations

import sys

import pyarrow as pa

__all__ = ["leave_pandas_out"]


class _Without:
    """Says of pandas that it is not there."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        del path, target
        if name == "pandas":
            raise ModuleNotFoundError("pandas is not looked for now", name=name)


def leave_pandas_out() -> None:
    """Let PyArrow look for pandas now, and find none, unless somebody has imported it."""
    if "pandas" in sys.modules:
        return
    finder = _Without()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(finder)
