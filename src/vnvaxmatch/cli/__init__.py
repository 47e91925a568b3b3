"""The command line: a thin face on the library."""

from __future__ import annotations

import os
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit with its code."""
    # numpy would start a thread for each processor, for matrices that nobody multiplies here
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from vnvaxmatch.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "vnvaxmatch":
            raise
        sys.exit(
            f"vnvaxmatch: the command line needs an optional part ({error.name}): "
            "pip install 'vnvaxmatch[bulk]'"
        )
    sys.exit(run())
