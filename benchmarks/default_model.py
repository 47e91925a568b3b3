"""Make the model that ships: ``python default_model.py``, from made-up lists with known truth.

How probable a likeness is for one person (m) is counted from the rows of two broken lists and the
entries they were made of; for two people (u) from random pairs of a row and an entry. What such a
list cannot tell is set by hand, below, with its reason. Seeds are used for nothing else.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from vnvaxmatch.bulk.columns import DOSE_COLUMNS
from vnvaxmatch.bulk.reading import ReadingRules, read_row
from vnvaxmatch.bulk.sources import open_source
from vnvaxmatch.bulk.sources.source import Options
from vnvaxmatch.compare import Level, compare
from vnvaxmatch.model import CODES, Chance, Frequencies, Model, Scale, code_of
from vnvaxmatch.normalize import Vintage
from vnvaxmatch.records import Claim, Entry, Field
from vnvaxmatch.synthetic import LAST_DAY, synthesize

SEEDS = (11, 12)
PEOPLE = 60_000
STRANGERS = 60
"""Random entries that each row is compared with."""

TERMS = {
    Field.NAME: ("same", "name_mark", "name_marks", "name_order", "name_marker", "name_sound",
                 "name_keys", "name_typo"),
    Field.BIRTH: ("same", "birth_first_of_january", "birth_year_only", "birth_month_only"),
}  # fmt: skip
"""Likenesses whose chance between two people goes with how common the entry's value is."""

RARE = 1e-3
"""No likeness that happens is taken to be rarer than this for one person: other lists have other
errors than ours."""

BY_HAND = {
    # Whole values of somebody else are what made-up lists hardly have, and real ones do.
    (Field.NAME, "name_differs"): Chance(0.003, 0.99),
    (Field.BIRTH, "birth_differs"): Chance(0.004, 0.99),
    # Of these made-up people have hardly any by chance, so that chance is set higher than counted.
    (Field.NAME, "name_marker"): Chance(0.001, 0.02, Scale.TERM),
    (Field.NAME, "name_keys"): Chance(0.0015, 0.02, Scale.TERM),
    # Too few to be counted: such a month says no more than the same month on both sides.
    (Field.BIRTH, "birth_month_only"): Chance(0.0015, 0.001, Scale.TERM),
    # Made-up lists abbreviate one word; with several, many more people fit.
    (Field.NAME, "name_initials"): Chance(0.003, 2e-5),
    # Per person of the registry: another's number (a mother's on a child's record, a clerk's on a
    # whole ward) is one row in two hundred; made-up lists have one in three hundred.
    (Field.ID_NUMBER, "same"): Chance(0.88, 0.005, Scale.PERSON),
    (Field.ID_NUMBER, "id_number_former"): Chance(0.07, 0.0005, Scale.PERSON),
    (Field.ID_NUMBER, "id_number_former_shared"): Chance(0.001, 0.0005, Scale.PERSON),
    # Six of twelve digits are drawn at random among those of one province, sex and year of birth;
    # made-up numbers lie on a lattice, so that near ones are counted from the first six instead.
    (Field.ID_NUMBER, "id_number_typo"): Chance(0.012, 1.5e-8),
    (Field.ID_NUMBER, "id_number_transposed"): Chance(0.005, 2e-9),
    (Field.ID_NUMBER, "id_number_leading_zeros"): Chance(RARE, 2e-9),
    # Registries know less of former numbers than made-up ones: half of all CMNDs in a list of
    # people who hold a CCCD may be unknown to it.
    (Field.ID_NUMBER, "id_number_other_kind"): Chance(0.02, 0.08),
    (Field.ID_NUMBER, "id_number_differs"): Chance(0.015, 0.92),
}
COVERAGE = 0.97
"""Share of rows whose person the registry holds: foreigners left out, some are not in it."""


def main(out: Path) -> None:
    """Count, and write the model."""
    matches: dict[Field, Counter[str]] = {field: Counter() for field in Field}
    strangers: dict[Field, Counter[str]] = {field: Counter() for field in Field}
    expected: Counter[str] = Counter()
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            count(Path(folder), seed, matches, strangers, expected)
    chances = {
        field: {
            code: BY_HAND.get((field, code))
            or chance(field, code, matches[field], strangers[field], expected)
            for code in CODES[field]
        }
        for field in Field
    }
    model = Model(
        name="default",
        version=1,
        coverage=COVERAGE,
        threshold=6.7,
        margin=6.7,
        possible=0.0,
        chances=chances,
    )
    out.write_text(model.to_json(), encoding="utf-8")


def chance(
    field: Field,
    code: str,
    matches: Counter[str],
    strangers: Counter[str],
    expected: Counter[str],
) -> Chance:
    """Turn counts into a chance, to two significant digits."""
    m = max(matches[code] / matches.total(), RARE)
    pairs = strangers[code] + 0.5
    if code in TERMS.get(field, ()):
        term = _TERM_OF.get(code, f"{field}")
        return Chance(rounded(m), rounded(pairs / expected[term]), Scale.TERM)
    return Chance(rounded(m), rounded(pairs / strangers.total()))


def rounded(value: float) -> float:
    """Keep two significant digits."""
    return float(f"{value:.2g}")


def count(
    folder: Path,
    seed: int,
    matches: dict[Field, Counter[str]],
    strangers: dict[Field, Counter[str]],
    expected: Counter[str],
) -> None:
    """Make a population and a broken list, and count likenesses."""
    rng = random.Random(seed)
    synthesize(people=PEOPLE, doses=PEOPLE, seed=seed, out=folder / "s")
    keys = pq.read_table(folder / "s" / "truth.parquet").column("entry_key").to_pylist()
    people = [read_entry(row) for row in population(folder / "s")]
    entries = {entry.key: entry for entry in people}
    frequencies = Frequencies.of(people)
    reading = ReadingRules(LAST_DAY, None, Vintage.UNTIL_2025)
    row = 0
    for batch in open_source(folder / "s" / "doses.csv", Options(known=DOSE_COLUMNS)).batches:
        for texts in batch.to_pylist():
            claim, _ = read_row(texts, reading)
            own = keys[row]
            row += 1
            if own is not None:
                tally(claim, entries[own], matches)
            for stranger in rng.sample(people, STRANGERS):
                if stranger.key != own:
                    tally(claim, stranger, strangers)
                    expect(stranger, frequencies, expected)


def population(folder: Path) -> Iterator[dict[str, str]]:
    """Read the rows of a made-up population."""
    table = pq.read_table(folder / "population.parquet")
    for row in table.to_pylist():
        yield {name: text or "" for name, text in row.items()}


def read_entry(row: dict[str, str]) -> Entry:
    """Read one person."""
    entry, _ = Entry.read(
        key=row["entry_key"],
        name=row["full_name"],
        birth=row["date_of_birth"],
        sex=row["sex"],
        id_number=row["id_number"],
        former_id_number=row["former_id_number"],
    )
    return entry


_TERM_OF = {
    "birth_first_of_january": "year", "birth_year_only": "year", "birth_month_only": "month",
}  # fmt: skip


def expect(stranger: Entry, frequencies: Frequencies, expected: Counter[str]) -> None:
    """Add how common a stranger's values are: how often a term alone would make them agree."""
    if stranger.name is not None:
        expected["name"] += 2.0 ** -frequencies.name_bits(stranger.name.fold)
    if stranger.birth is not None:
        code = stranger.birth.code
        expected["birth"] += 2.0 ** -frequencies.birth_bits(code)
        expected["month"] += 2.0 ** -frequencies.birth_bits(code // 100 * 100)
        expected["year"] += 2.0 ** -frequencies.birth_bits(code // 10_000 * 10_000)


def tally(claim: Claim, entry: Entry, counts: dict[Field, Counter[str]]) -> None:
    """Count the likenesses of one pair."""
    for finding in compare(claim, entry).findings:
        if finding.level is not Level.MISSING:
            counts[finding.field][code_of((finding.level, finding.reason))] += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("default.json"))
