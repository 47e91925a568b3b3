"""Link the columns with Splink, as its documentation teaches: no labels, u sampled, m by EM.

Run in the peers' environment: ``splink_link.py FOLDER KIND OUT [--u-pairs P] [--one N]``. KIND is
``raw`` or ``prepared``. Writes for every claim the best-scoring entry, and prints times as JSON.
P pairs are sampled for u: 1e6 is the library's default, of which it warns that it may be too few;
1e7 «is often adequate», it says; nearly all the time of training goes there. ``--one`` then scores
N single claims against everybody, one by one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SEED = 1
"""Makes the sample for u the same in every run."""

LOWEST = -10.0
"""Pairs under this weight are not kept: far below any threshold that could be the best."""


def main() -> None:
    """Train, predict, keep the best of every claim, and say how long each took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("kind", choices=["raw", "prepared"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--u-pairs", type=float, default=1e6, metavar="P")
    parser.add_argument("--one", type=int, default=0, metavar="N", help="single claims to score")
    options = parser.parse_args()
    con = duckdb.connect()
    for side in ("claims", "people"):
        path = options.folder / f"{options.kind}_{side}.parquet"
        con.execute(f"CREATE TABLE {side} AS FROM '{path}'")
    api = DuckDBAPI(con)
    tables = [api.register(side, dataset_display_name=side) for side in ("claims", "people")]
    started = time.perf_counter()
    linker = Linker(tables, _settings(options.kind), log_level=None)
    _train(linker, options.u_pairs)
    trained = time.perf_counter()
    pairs = linker.inference.predict(threshold_match_weight=LOWEST)
    predicted = time.perf_counter()
    scored = con.execute(f"SELECT count(*) FROM {pairs.physical_name}").fetchone()
    con.execute(_best(pairs.physical_name, options.out))
    figures: dict[str, Any] = {
        "train_s": trained - started,
        "predict_s": predicted - trained,
        "pairs": scored[0] if scored else 0,
    }
    if options.one:
        figures["one_ms"] = _one_by_one(con, api, linker, tables[1], options.one)
    print(json.dumps(figures))


def _settings(kind: str) -> SettingsCreator:
    return SettingsCreator(
        link_type="link_only",
        comparisons=_RAW if kind == "raw" else _PREPARED,
        blocking_rules_to_generate_predictions=[
            block_on("number"),
            "l.number = r.former",
            block_on("fold", "dob"),
            block_on("dob", "given"),
            block_on("fold", "year"),
        ],
        retain_matching_columns=False,
        retain_intermediate_calculation_columns=False,
    )


_NUMBER = cl.CustomComparison(
    output_column_name="number",
    comparison_levels=[
        cll.NullLevel("number"),
        # one level: alone, the former number is too rare in the sample for its u to be estimated
        cll.CustomLevel(
            "number_l = number_r OR number_l = former_r OR number_r = former_l",
            "Number or former number",
        ),
        cll.DamerauLevenshteinLevel("number", 1),
        cll.DamerauLevenshteinLevel("number", 2),
        cll.ElseLevel(),
    ],
)

_SEX = cl.ExactMatch("sex").configure(term_frequency_adjustments=True)

_RAW = [
    cl.NameComparison("name"),
    cl.DateOfBirthComparison(
        "dob", input_is_string=True, datetime_format="%d/%m/%Y", invalid_dates_as_null=True
    ).configure(term_frequency_adjustments=True),
    _SEX,
    _NUMBER,
]
"""What the library ships for such columns."""

_PREPARED = [
    cl.CustomComparison(
        output_column_name="name",
        comparison_levels=[
            cll.NullLevel("name"),
            cll.ExactMatchLevel("name", term_frequency_adjustments=True),
            cll.ExactMatchLevel("fold", term_frequency_adjustments=True),
            cll.JaroWinklerLevel("fold", 0.92),
            cll.JaroWinklerLevel("fold", 0.88),
            cll.JaroWinklerLevel("fold", 0.7),
            cll.ElseLevel(),
        ],
    ),
    cl.CustomComparison(
        output_column_name="dob",
        comparison_levels=[
            cll.NullLevel("year"),
            cll.ExactMatchLevel("dob", term_frequency_adjustments=True),
            cll.CustomLevel(
                "substr(dob_l, 1, 4) = substr(dob_r, 1, 4) AND "
                "substr(dob_l, 6, 2) = substr(dob_r, 9, 2) AND "
                "substr(dob_l, 9, 2) = substr(dob_r, 6, 2)",
                "Day and month swapped",
            ),
            cll.DamerauLevenshteinLevel("dob", 1),
            cll.ExactMatchLevel("year"),
            cll.ElseLevel(),
        ],
    ),
    _SEX,
    _NUMBER,
]
"""What somebody who knows both the library and such records would write on normalized columns."""


def _train(linker: Linker, u_pairs: float) -> None:
    """Estimate everything from the data itself."""
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("number"), block_on("name", "dob")], recall=0.95
    )
    training.estimate_u_using_random_sampling(max_pairs=u_pairs, seed=SEED)
    training.estimate_parameters_using_expectation_maximisation(block_on("number"))
    training.estimate_parameters_using_expectation_maximisation(block_on("name", "dob"))


def _best(pairs: str, out: Path) -> str:
    """Keep the best entry of each claim, and the weight of the next best."""
    return f"""
    COPY (
        SELECT unique_id_l::BIGINT AS row, arg_max(unique_id_r, match_weight) AS entry_key,
            max(match_weight) AS weight, max(match_weight, 2)[2] AS second
        FROM {pairs} GROUP BY row ORDER BY row
    ) TO '{out}' (FORMAT parquet)
    """


def _one_by_one(con: Any, api: Any, linker: Linker, people: Any, count: int) -> float:
    """Give the median of the milliseconds that one new claim takes."""
    for column in linker._settings_obj._term_frequency_columns:
        linker.table_management.compute_tf_table(column.name)
    times = []
    for number in range(count):
        con.execute(f"CREATE TABLE one{number} AS FROM claims LIMIT 1 OFFSET {997 * number}")
        started = time.perf_counter()
        one = api.register(f"one{number}", dataset_display_name=f"new{number}")
        linker.inference.predict_between(
            one, people, threshold_match_weight=LOWEST
        ).as_record_list()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


if __name__ == "__main__":
    main()
