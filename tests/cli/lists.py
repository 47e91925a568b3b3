"""Lists, and the results of verifying them, that tests of commands begin with."""

import csv

from vnvaxmatch.bulk import build_registry, verify

__all__ = ["verified", "write"]


def write(path, headings, rows):
    """Write a list."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([headings, *rows])
    return path


def verified(folder, headings, rows, *, people):
    """Make ``doses.csv``, ``reg.duckdb`` of people, and ``results``, in a folder."""
    columns = ["key", "full_name", "date_of_birth", "sex", "id_number"]
    build_registry(write(folder / "p.csv", columns, people), out=folder / "reg.duckdb")
    doses = write(folder / "doses.csv", headings, rows)
    verify(doses, registry=folder / "reg.duckdb", out=folder / "results")
