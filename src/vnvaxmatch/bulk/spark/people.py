"""A population in Spark: from texts to entries, and what is counted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema

from vnvaxmatch.backends import Found
from vnvaxmatch.backends.duckdb import ENTRIES
from vnvaxmatch.backends.terms import frequencies_of
from vnvaxmatch.blocking import Key
from vnvaxmatch.bulk.columns import POPULATION_COLUMNS, choose
from vnvaxmatch.bulk.population import PopulationReader
from vnvaxmatch.bulk.spark.maps import guarded, texts_in
from vnvaxmatch.bulk.spark.texts import texts_of
from vnvaxmatch.errors import InputError, RegistryError
from vnvaxmatch.model import Frequencies
from vnvaxmatch.model.frequencies import LISTED

__all__ = ["PEOPLE", "Counted", "PeopleReading", "entries_of", "refuse_twice"]

PEOPLE: Final = pa.schema(
    [
        *(field for field in ENTRIES if field.name not in ("entry", "name_given", "commune")),
        ("former_numbers", pa.list_(pa.int64())),
    ]
)
"""What is kept of an entry: all that people are found by or compared in."""


def entries_of(
    population: DataFrame, *, columns: Mapping[str, str] | None = None, row: str | None = None
) -> DataFrame:
    """Read people: the columns of :data:`PEOPLE`, as a registry file holds them.

    ``population`` has the columns of a population file, under any heading that is known or that
    ``columns`` gives. Whoever has no key is named by the number in the column ``row``, where there
    is one, and else has none, which :func:`refuse_twice` refuses.
    """
    found = choose(
        population.columns,
        POPULATION_COLUMNS,
        given=columns or {},
        mandatory=("full_name", "date_of_birth", "sex", "id_number"),
    )
    if "entry_key" not in found.found and row is None:
        raise InputError(
            "the population has no column of keys (entry_key): which person is which could not be "
            "told from the order of rows, which Spark does not keep; give a key, or number the rows"
        )
    names = tuple(found.found)
    selected = texts_of(population, found, row=row)
    return selected.mapInArrow(
        PeopleReading(names, numbered=row is not None), from_arrow_schema(PEOPLE)
    )


@attrs.frozen
class PeopleReading:
    """Reads people of Arrow batches."""

    names: tuple[str, ...]
    numbered: bool

    @guarded
    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Give the entries of each batch."""
        reader = PopulationReader()
        for batch in batches:
            texts = texts_in(batch, self.names)
            rows = batch.num_rows
            position = batch.column("row").to_numpy() if self.numbered else np.arange(1, rows + 1)
            read = reader.read(texts, position)
            table = read.entries
            former = _by_entry(read.former, position)
            columns = {name: table.column(name) for name in PEOPLE.names if name in ENTRIES.names}
            if not self.numbered:
                blank = pc.equal(pc.utf8_trim_whitespace(texts.column("entry_key")), "")
                columns["entry_key"] = pc.if_else(blank, None, columns["entry_key"])
            yield pa.RecordBatch.from_arrays(
                [{**columns, "former_numbers": former}[name] for name in PEOPLE.names],
                schema=PEOPLE,
            )


def _by_entry(former: pa.RecordBatch | pa.Table, position: np.ndarray) -> pa.ListArray:
    """Gather former numbers into a list for each entry, ascending, each once."""
    order = np.argsort(position, kind="stable")
    entry = order[np.searchsorted(position[order], former.column("entry").to_numpy())]
    links = np.unique(np.stack([entry, former.column("number").to_numpy()]), axis=1)
    held = np.searchsorted(links[0], np.arange(len(position) + 1))
    lists = pa.ListArray.from_arrays(pa.array(held.astype(np.int32)), pa.array(links[1]))
    return pc.if_else(pa.array(np.diff(held) > 0), lists, pa.scalar(None, lists.type))


def refuse_twice(entries: DataFrame) -> None:
    """Raise :class:`RegistryError` if two people have one key, or somebody has none.

    This runs a job, which says nothing about anybody: how many they are.
    """
    keys = entries.groupBy("entry_key").agg(sf.count("*").alias("people"))
    doubtful = keys.where("people > 1 OR entry_key IS NULL").agg(
        sf.count("entry_key").alias("shared"),
        sf.sum(sf.when(sf.col("entry_key").isNull(), sf.col("people"))).alias("blank"),
    )
    (counted,) = doubtful.collect()
    if counted["blank"]:
        raise RegistryError(f"{counted['blank']} people have no key: give every person one key")
    if counted["shared"]:
        raise RegistryError(
            f"{counted['shared']} keys are those of several people: give every person one key"
        )


class Counted:
    """A population that a matcher can be fitted to (:meth:`vnvaxmatch.backends.Fuzzy.fitted`).

    Nobody is found in it one by one: :func:`vnvaxmatch.bulk.spark.joins.find` joins.
    """

    def __init__(self, entries: DataFrame) -> None:
        self._entries = entries

    def find(self, keys: Sequence[Key], /) -> Found:
        """Refuse."""
        del keys
        raise RegistryError("a population in Spark is joined, not asked")

    def frequencies(self) -> Frequencies:
        """Count how common names and births are, as a registry file keeps it.

        This runs jobs. Only terms and their counts come to the driver: the most common
        (:data:`~vnvaxmatch.model.frequencies.LISTED`) surnames and remainders of names, and birth
        dates; no person.
        """
        named = self._entries.where("name_fold IS NOT NULL")
        words = {
            "surname": "substring_index(name_fold, ' ', 1)",
            "rest": "substring(name_fold, locate(' ', concat(name_fold, ' ')) + 1)",
        }
        terms = [
            (kind, row["term"], row["count"])
            for kind, word in words.items()
            for row in _most_common(named.selectExpr(f"{word} AS term"))
        ]
        births = self._entries.where("birth IS NOT NULL").groupBy("birth").count().collect()
        terms += [("birth", str(row["birth"]), row["count"]) for row in births]
        return frequencies_of(terms, total=self._entries.count())


def _most_common(terms: DataFrame) -> list[Row]:
    """Count terms; among equals the first in order of code points, as Spark compares texts."""
    counted = terms.groupBy("term").count()
    return counted.orderBy(sf.desc("count"), "term").limit(LISTED).collect()
