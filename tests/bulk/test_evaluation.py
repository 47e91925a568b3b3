"""Evaluation: figures against a slow reference, what is written, and what is refused."""

import json
import math
import random
import re
import xml.etree.ElementTree as ET
from fractions import Fraction

import attrs
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vnvaxmatch.bulk import InputOptions, build_registry, verify
from vnvaxmatch.bulk.evaluation import SLICES, Counts, Share, evaluate, tables, write_evaluation
from vnvaxmatch.bulk.evaluation.chart import threshold_chart
from vnvaxmatch.bulk.evaluation.page import evaluation_page
from vnvaxmatch.bulk.evaluation.words import count, decimal, percent
from vnvaxmatch.errors import ColumnError, InputError, OutputError
from vnvaxmatch.policy import Disclosure, Outcome
from vnvaxmatch.synthetic import LAST_DAY, synthesize

FIELDS = ("name", "birth", "sex", "id_number")
CODES = ("name_typo", "number_missing", "birth_year_only", "name_unaccented")
MODEL = {"name": "default/1", "prior": -20.0, "threshold": 9.5, "margin": 5.0}
KEYS = ("p1", "p2", "p3", None)


@attrs.frozen
class Row:
    """A row of results, and the truth about it."""

    told: str | None = None
    true: str | None = None
    weight: float | None = None
    outcome: str = "mismatched"
    candidates: str | None = None
    codes: str = ""


def save_results(folder, rows, *, weighed=True, **manifest):
    folder.mkdir(exist_ok=True)
    size = len(rows)
    columns = {
        "row": pa.array(range(1, size + 1), pa.int64()),
        "record_id": pa.array([f"r{n}" for n in range(1, size + 1)], pa.string()),
        "outcome": pa.array([row.outcome for row in rows], pa.string()),
        "official": pa.nulls(size, pa.bool_()),
        "entry_key": pa.array([row.told for row in rows], pa.string()),
        **{f"{field}_level": pa.array(["close"] * size, pa.string()) for field in FIELDS},
        "reasons": pa.array(["name_typo;birth_digit"] * size, pa.string()),
        "repairs": pa.array([""] * size, pa.string()),
        "commune": pa.nulls(size, pa.string()),
    }
    if weighed:
        columns["weight"] = pa.array([row.weight for row in rows], pa.float64())
        columns["margin"] = pa.array([row.weight for row in rows], pa.float64())
        columns["candidates"] = pa.array([row.candidates for row in rows], pa.string())
    pq.write_table(pa.table(columns), folder / "results.parquet")
    about = {"command": "verify", "matcher": "fuzzy/1", "disclosure": "values", "rows": size}
    model = {"model": MODEL} if weighed else {}
    (folder / "manifest.json").write_text(json.dumps({**about, **model, **manifest}))
    return folder


def save_truth(path, rows, *, order=None, by="row", codes=True):
    order = list(range(len(rows))) if order is None else order
    columns = {
        by: [n + 1 if by == "row" else f"r{n + 1}" for n in order],
        "entry_key": pa.array([rows[n].true for n in order], pa.string()),
    }
    if codes:
        columns["corruptions"] = [rows[n].codes for n in order]
    pq.write_table(pa.table(columns), path)
    return path


def evaluated(folder, rows, *, weighed=True, worst=20, **options):
    results = save_results(folder / "results", rows, weighed=weighed)
    truth = save_truth(folder / "truth.parquet", rows, **options)
    return evaluate(results, truth=truth, worst=worst)


def reference(rows, *, threshold=-math.inf):
    """Compute precision, recall and F1 from sets of pairs, as a textbook has it."""
    told = {(n, r.told) for n, r in enumerate(rows) if r.told and (r.weight or 0) >= threshold}
    true = {(n, row.true) for n, row in enumerate(rows) if row.true}
    hits = len(told & true)
    precision = Fraction(hits, len(told)) if told else None
    recall = Fraction(hits, len(true)) if true else None
    both = len(told) + len(true)
    return precision, recall, Fraction(2 * hits, both) if both else None


def exactly(value):
    return None if value is None else pytest.approx(float(value), abs=1e-12)


weights = st.integers(-12 * 64, 70 * 64).map(lambda step: step / 64) | st.floats(-40, 80)


@st.composite
def rows_of_results(draw):
    told, true = draw(st.sampled_from(KEYS)), draw(st.sampled_from(KEYS))
    outcome = draw(st.sampled_from(("matched", "mismatched"))) if told else "ambiguous"
    return Row(
        told=told,
        true=true,
        weight=draw(weights) if told else None,
        outcome=outcome,
        candidates=None if told else draw(st.sampled_from((None, "p1;p2", "p12;p3"))),
        codes=";".join(draw(st.lists(st.sampled_from(CODES), unique=True, max_size=3))),
    )


lists = st.lists(rows_of_results(), min_size=1, max_size=60)
relaxed = settings(
    # each example writes two files and opens a database: fewer, of more rows
    max_examples=max(settings.default.max_examples // 6, 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)


@relaxed
@given(rows=lists)
def test_shares_equal_a_slow_reference(tmp_path, rows):
    """Precision, recall and F1 are those of the sets of pairs, also for the matched alone."""
    found = evaluated(tmp_path, rows)

    matched = [r if r.outcome == "matched" else attrs.evolve(r, told=None) for r in rows]
    for counts, kept in ((found.identification, rows), (found.matched, matched)):
        shares = (counts.precision.value, counts.recall.value, counts.f1.value)
        assert shares == tuple(map(exactly, reference(kept)))


@relaxed
@given(rows=lists)
def test_thresholds_equal_a_slow_reference(tmp_path, rows):
    """Each step of the curve is what would come of leaving out all that weighs less."""
    found = evaluated(tmp_path, rows)

    told = [row.weight for row in rows if row.told]
    assert len(found.curve) == len({math.floor(weight * 64) for weight in told})
    for step in (*found.curve, *found.steps(), *found.steps(5)):
        expected = tuple(map(exactly, reference(rows, threshold=step.threshold)))
        assert (step.precision, step.recall, step.f1) == expected
    if told:
        assert found.best.f1 == max(step.f1 for step in found.curve)
        assert found.curve[0].f1 == found.identification.f1.value


@relaxed
@given(rows=lists)
def test_counts_add_up(tmp_path, rows):
    """No row is lost or counted twice: by outcome, by weight, by what was done to it."""
    found = evaluated(tmp_path, rows, worst=60)

    assert found.rows == len(rows) == found.matched.rows
    assert sum(found.outcomes.values(), Counts()) == found.identification
    assert sum(each.rows for each in found.bins) == found.identification.told
    wrong = found.identification.wrong + found.identification.stranger
    assert sum(each.wrong for each in found.bins) == wrong
    assert len(found.wrong) == wrong
    assert len(found.barely_right) == found.identification.right
    for code in found.codes:
        assert code.any.rows == sum(code.name in row.codes.split(";") for row in rows)
        assert code.alone.rows == sum(code.name == row.codes for row in rows)
    undamaged = next(each for each in found.slices if each.name == "undamaged")
    assert undamaged.any.rows == sum(not row.codes for row in rows)


@relaxed
@given(rows=lists)
def test_a_weight_is_held_against_what_it_says(tmp_path, rows):
    """The wrong ones to expect are the sum of 1/(1+2^w), in every bin of one bit."""
    found = evaluated(tmp_path, rows)

    error = 0.0
    for each in found.bins:
        within = [r for r in rows if r.told and math.floor(r.weight) == each.weight]
        expected = sum(1 / (1 + 2**row.weight) for row in within)
        assert each.rows == len(within)
        assert each.wrong == sum(row.told != row.true for row in within)
        assert each.expected_wrong == pytest.approx(expected, abs=1e-9)
        error += abs(expected - each.wrong)
    if found.bins:
        assert found.calibration_error == pytest.approx(error / found.identification.told, abs=1e-9)


@relaxed
@given(rows=lists)
def test_wider_bins_hold_the_same_rows(tmp_path, rows):
    """Merging bins loses nothing, on either side of zero."""
    found = evaluated(tmp_path, rows)

    for width in (2, 5, 10):
        merged = found.reliability(width)
        assert sum(each.rows for each in merged) == found.identification.told
        assert all(each.weight % width == 0 and each.width == width for each in merged)


@relaxed
@given(rows=lists, seed=st.integers(0, 5), by=st.sampled_from(("row", "record_id")))
def test_the_order_of_the_truth_means_nothing(tmp_path, rows, seed, by):
    """Permuting the truth, or naming records instead of rows, changes nothing."""
    order = list(range(len(rows)))
    random.Random(seed).shuffle(order)

    assert evaluated(tmp_path, rows, order=order, by=by) == evaluated(tmp_path, rows)


def test_perfect_results_are_perfect(tmp_path):
    """Everybody in the registry told rightly and nobody else: all shares are 1."""
    rows = [Row("p1", "p1", 30.0, "matched"), Row(outcome="not_found"), Row("p2", "p2", 20.0)]

    found = evaluated(tmp_path, rows)

    counts = found.identification
    assert (counts.precision.value, counts.recall.value, counts.f1.value) == (1, 1, 1)
    assert (counts.precision.high, counts.recall.high, counts.f1.high) == (1, 1, 1)
    assert counts.precision.low < 1
    assert found.best.threshold == 20.0
    assert found.wrong == ()


def test_nothing_told_divides_nothing(tmp_path):
    """Where nobody is told there is no precision, and nothing to draw."""
    found = evaluated(tmp_path, [Row(true="p1", outcome="not_found"), Row(outcome="not_found")])

    assert found.identification == Counts(nobody=1, silent=1)
    assert found.identification.precision == Share(None, None, None)
    assert found.identification.recall.value == 0
    assert (found.best, found.steps(), threshold_chart(found)) == (None, (), "")
    assert all(table.title for table in tables(found))


@pytest.mark.parametrize(
    ("told", "true", "state"),
    [
        ("p1", "p1", "right"),
        ("p1", "p2", "wrong"),
        ("p1", None, "stranger"),
        (None, "p1", "nobody"),
        (None, None, "silent"),
        ("", "p1", "nobody"),
        ("p1", " ", "stranger"),
        ("p1", "P1", "wrong"),
        ("007", "7", "wrong"),
    ],
)
def test_every_state_of_a_row(tmp_path, told, true, state):
    """Keys are compared as they stand; a blank one is none."""
    found = evaluated(tmp_path, [Row(told, true, 12.0)])

    assert found.identification == Counts(**{state: 1})


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    # Wilson's interval, worked out with 60 digits
    [
        (0, 10, 0.0, 0.277532799862889),
        (1, 10, 0.017876213095073, 0.404150026795238),
        (5, 10, 0.236593090512564, 0.763406909487436),
        (10, 10, 0.722467200137111, 1.0),
        (99_999, 100_000, 0.999943352903410, 0.999998234752270),
    ],
)
def test_intervals_are_those_of_wilson(part, whole, low, high):
    """The interval is known, and never leaves 0 to 1."""
    share = Share.of(part, whole)

    assert (share.low, share.high) == (
        pytest.approx(low, abs=1e-10),
        pytest.approx(high, abs=1e-10),
    )


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_share_is_within_its_interval(right, wrong, stranger, nobody):
    """The figure lies between its bounds, those between 0 and 1; more of the same narrows them."""
    counts = Counts(right, wrong, stranger, nobody, 0)
    many = Counts(*(100 * value for value in attrs.astuple(counts)))
    for name in ("precision", "recall", "f1"):
        share, wide = getattr(many, name), getattr(counts, name)
        if share.value is not None:
            assert 0 <= wide.low <= share.low <= share.value <= share.high <= wide.high <= 1


def test_candidates_are_counted(tmp_path):
    """Rows that name candidates instead of an entry: whether the person is among them, as a key."""
    rows = [
        Row(true="p1", candidates="p1;p2", outcome="ambiguous"),
        Row(true="p1", candidates="p12;xp1", outcome="ambiguous"),
        Row(candidates="p1", outcome="ambiguous"),
        Row(true="p1", outcome="not_found"),
    ]

    found = evaluated(tmp_path, rows, worst=2)

    assert found.candidates == (3, 2, 1)
    assert [case.row for case in found.missed] == [1, 2]


def test_the_worst_come_first(tmp_path):
    """Wrong rows by falling weight, right ones by rising, as many as asked for."""
    weight = [12.0, 40.0, 33.0, 25.0]
    rows = [Row("p1", "p2", w, codes="name_typo") for w in weight] + [Row("p1", None, 36.0)]
    rows += [Row("p1", "p1", w) for w in weight]

    found = evaluated(tmp_path, rows, worst=3)

    assert [(case.row, case.weight) for case in found.wrong] == [(2, 40.0), (5, 36.0), (3, 33.0)]
    assert [case.in_registry for case in found.wrong] == [True, False, True]
    assert [case.row for case in found.barely_right] == [6, 9, 8]
    first = found.wrong[0]
    assert (first.reasons, first.corruptions) == (("name_typo", "birth_digit"), ("name_typo",))
    assert first.levels == dict.fromkeys(FIELDS, "close")
    assert first.record_id == "r2"
    assert found.missed == ()
    assert "r2" not in repr(found)


def test_odd_weights_do_not_stop_it(tmp_path):
    """Infinite weights are very large ones, a weight that is none is told without one."""
    rows = [Row("p1", "p1", w) for w in (math.inf, -math.inf, math.nan, None, 1e308)]

    found = evaluated(tmp_path, rows)

    assert found.unweighed == 2
    assert [(each.weight, each.rows) for each in found.bins] == [(-256, 1), (256, 2)]
    assert [(step.threshold, step.told) for step in found.curve] == [(-256.0, 5), (256.0, 4)]
    json.dumps(found.as_dict(), allow_nan=False)
    ET.fromstring(threshold_chart(found))


def test_without_weights_there_are_none(tmp_path):
    """The results of the exact matcher are evaluated without what needs weights."""
    found = evaluated(tmp_path, [Row("p1", "p1"), Row("p1", "p2")], weighed=False)

    assert not found.weighed
    assert (found.bins, found.curve, found.best) == ((), (), None)
    assert (found.calibration_error, found.threshold, found.model) == (None, None, None)
    assert [case.row for case in found.wrong] == [2]
    assert found.barely_right == ()
    assert any("gives no weights" in n for table in tables(found, lang="en") for n in table.notes)


def test_without_corruptions_there_are_no_slices(tmp_path):
    """A truth need not know what was done to the rows."""
    found = evaluated(tmp_path, [Row("p1", "p1", 9.0)], codes=False)

    assert (found.slices, found.codes) == ((), ())


@pytest.mark.parametrize(
    ("codes", "names"),
    [
        ("", {"undamaged"}),
        ("number_missing", {"no_number", "unusable_number"}),
        ("number_is_phone", {"unusable_number"}),
        (
            "birth_year_only;number_missing",
            {"no_number", "unusable_number", "year_only_no_number", "birth_and_number"},
        ),
        ("name_unaccented_typo", {"unmarked_typo"}),
        ("name_vni", {"encoding"}),
        ("name_mojibake_mac", {"encoding"}),
        ("name_vni_keys", set()),
        ("birth_default_day;name_typo", {"default_birthday", "name_and_birth"}),
        ("number_of_another", {"number_of_another"}),
        ("name_typo;number_digit", {"name_and_number"}),
        ("name_upper;number_digit", set()),
        (
            "name_typo;number_digit;birth_digit",
            {"name_and_birth", "name_and_number", "birth_and_number", "name_birth_and_number"},
        ),
        ("not_in_population", set()),
    ],
)
def test_hard_slices(tmp_path, codes, names):
    """What was done to a row says which hard slices it belongs to."""
    found = evaluated(tmp_path, [Row("p1", "p1", 9.0, codes=codes)])

    assert {each.name for each in found.slices if each.any.rows} == names
    assert [each.name for each in found.slices] == list(SLICES)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.slice(1), r"says nothing about row 1 of the results; is it the truth"),
        (lambda t: t.slice(0, 1), r"nothing about row 2 of the results \(and 1 more\)"),
        (
            lambda t: pa.concat_tables([t, t.slice(1, 1)]),
            r"rows 2 and 4 of the truth speak of one row; keep one",
        ),
        (
            lambda t: t.set_column(0, "row", pa.array([1, 2, 3_000_000_000])),
            r"nothing about row 3",
        ),
        (
            lambda t: pa.concat_tables([t, t.slice(2).set_column(0, "row", pa.array([4]))]),
            r"row 4 of the truth speaks of a row that the results do not have; is it",
        ),
        (lambda t: t.set_column(0, "row", pa.array(["1", "2", "x"])), "row 3 of the truth has no"),
        (lambda t: t.set_column(0, "row", pa.array([1, 2.5, 3])), "row 2 of the truth has no row"),
        (lambda t: t.drop_columns(["row"]), "no column says which row is meant"),
        (
            lambda t: t.set_column(2, "corruptions", pa.array(["", "Trần Thử", ""])),
            "row 2 of the truth holds something under corruptions that is no code",
        ),
        (
            lambda t: t.set_column(2, "corruptions", pa.array(["", "", "001085000123"])),
            "row 3 of the truth holds something under corruptions",
        ),
    ],
)
def test_a_truth_that_does_not_fit_is_refused(tmp_path, change, words):
    """One line says which row of what is wrong and what to do, and shows no value."""
    rows = [Row("p1", "p1", 9.0)] * 3
    results = save_results(tmp_path / "results", rows)
    truth = save_truth(tmp_path / "truth.parquet", rows)
    pq.write_table(change(pq.read_table(truth)), truth)

    with pytest.raises(InputError, match=words) as refusal:
        evaluate(results, truth=truth)

    assert "\n" not in str(refusal.value)
    assert not re.search(r"Thử|0010850|p1", str(refusal.value))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (["r1", "r2", "r9"], "nothing about row 3 of the results"),
        (["r1", "r2", "r2"], "rows 2 and 3 of the truth speak of one record_id"),
        (["r1", "r2", ""], "row 3 of the truth has no record_id; fill it in"),
        (["r1", "r2", "r3", "r4"], "row 4 of the truth speaks of a record_id that the results"),
    ],
)
def test_a_truth_by_records_that_does_not_fit_is_refused(tmp_path, change, words):
    """Records that are unknown, missing, or there twice are told by their rows."""
    results = save_results(tmp_path / "results", [Row("p1", "p1", 9.0)] * 3)
    truth = tmp_path / "truth.parquet"
    pq.write_table(pa.table({"record_id": change, "entry_key": ["p1"] * len(change)}), truth)

    with pytest.raises(InputError, match=words):
        evaluate(results, truth=truth)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        (["r1", None], r"row 2 has no record_id; give the truth by row"),
        (["r1", "r1"], r"rows 1 and 2 have one record_id; give the truth by row"),
    ],
)
def test_results_without_good_records_want_the_truth_by_row(tmp_path, ids, words):
    """Where the list's identifiers do not identify, only row numbers do."""
    results = save_results(tmp_path / "results", [Row("p1", "p1", 9.0)] * 2)
    table = pq.read_table(results / "results.parquet")
    pq.write_table(table.set_column(1, "record_id", pa.array(ids)), results / "results.parquet")
    truth = tmp_path / "truth.parquet"
    pq.write_table(pa.table({"record_id": ["r1", "r2"], "entry_key": ["p1", "p1"]}), truth)

    with pytest.raises(InputError, match=words):
        evaluate(results, truth=truth)


def rewrite(name, text):
    return lambda folder: (folder / name).write_bytes(text)


def without(column):
    def drop(folder):
        table = pq.read_table(folder / "results.parquet").drop_columns([column])
        pq.write_table(table, folder / "results.parquet")

    return drop


def truncated(folder):
    path = folder / "results.parquet"
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda f: (f / "manifest.json").unlink(), "no results folder: it has no manifest.json"),
        (lambda f: (f / "results.parquet").unlink(), "no results folder: it has no results.parq"),
        (rewrite("manifest.json", b"{"), "is damaged"),
        (rewrite("manifest.json", b"\xff\xfe"), "is damaged"),
        (rewrite("manifest.json", b"[" * 100_000), "is damaged"),
        (rewrite("manifest.json", b"[]"), "not of `vnvaxmatch verify`"),
        (rewrite("manifest.json", b'{"command": "check"}'), "not of `vnvaxmatch verify`"),
        (
            rewrite("manifest.json", b'{"command": "verify", "disclosure": "findings"}'),
            "verify again with --disclosure values",
        ),
        (
            rewrite("manifest.json", b'{"command":"verify","disclosure":"values","rows":3}'),
            "counts other rows",
        ),
        (rewrite("results.parquet", b"PAR1nonsense"), "is damaged"),
        (without("entry_key"), "lacks entry_key"),
        (without("reasons"), "lacks reasons"),
        (truncated, "is damaged"),
    ],
)
def test_a_folder_that_is_no_result_is_refused(tmp_path, harm, words):
    """One line says what is wrong with the folder and what to do."""
    rows = [Row("p1", "p1", 9.0)] * 2
    results = save_results(tmp_path / "results", rows)
    truth = save_truth(tmp_path / "truth.parquet", rows)
    harm(results)

    with pytest.raises(InputError, match=words) as refusal:
        evaluate(results, truth=truth)

    assert "\n" not in str(refusal.value)


def test_files_are_not_folders(tmp_path):
    """A file in the place of the folder, or nothing at all, is told apart."""
    truth = save_truth(tmp_path / "truth.parquet", [Row()])

    with pytest.raises(InputError, match="is no folder; name the folder"):
        evaluate(truth, truth=truth)
    with pytest.raises(InputError, match="is not there; name the folder"):
        evaluate(tmp_path / "nowhere", truth=truth)


def test_a_truth_may_be_a_csv_file(tmp_path):
    """Text is read as lists are: any delimiter, keys with leading zeros as they stand."""
    rows = [Row("007", "007", 9.0, codes="name_typo; birth_digit"), Row("008", None, 9.0)]
    results = save_results(tmp_path / "results", rows)
    truth = tmp_path / "truth.csv"
    truth.write_text(
        "row;entry_key;corruptions\n2;;\n1;007;'x'\n".replace("'x'", '"name_typo; birth_digit"')
    )

    found = evaluate(results, truth=truth)

    assert found.identification == Counts(right=1, stranger=1)
    assert [code.name for code in found.codes] == ["birth_digit", "name_typo"]


def test_a_ragged_truth_is_refused(tmp_path):
    """A row whose cells cannot be told apart is no truth."""
    results = save_results(tmp_path / "results", [Row("p1", "p1", 9.0)] * 2)
    truth = tmp_path / "truth.csv"
    truth.write_text("row,entry_key\n1,p1\n2,p1,p2,p3\n")

    with pytest.raises(InputError, match="row 2 of the truth has cells that cannot be told apart"):
        evaluate(results, truth=truth)


def test_columns_of_the_truth_may_be_named(tmp_path):
    """Whoever has other headings says which they are, by name or number."""
    results = save_results(tmp_path / "results", [Row("p1", "p1", 9.0)] * 2)
    truth = tmp_path / "truth.csv"
    truth.write_text("dòng nào,là ai\n2,p2\n1,p1\n")

    found = evaluate(results, truth=truth, columns={"row": "dòng nào", "entry_key": "2"})

    assert found.identification == Counts(right=1, wrong=1)


def test_a_truth_without_keys_is_refused(tmp_path):
    """The column that is missing is named."""
    results = save_results(tmp_path / "results", [Row()])
    truth = tmp_path / "truth.csv"
    truth.write_text("row,who\n1,p1\n")

    with pytest.raises(ColumnError, match="no column for entry_key"):
        evaluate(results, truth=truth)


def test_the_page_stands_alone_and_runs_nothing(tmp_path):
    """The page and the chart fetch nothing, and what a file holds is text in them."""
    nasty = "<script>alert(1)</script>"
    rows = [Row("p1", "p2", 30.0), Row("p1", "p1", 20.0), Row("p1", "p1", 12.0, outcome="<b>")]
    results = save_results(tmp_path / "results", rows)
    table = pq.read_table(results / "results.parquet")
    ids = table.set_column(1, "record_id", pa.array([nasty] * 3))
    pq.write_table(ids, results / "results.parquet")
    found = evaluate(results, truth=save_truth(tmp_path / "truth.parquet", rows))

    for lang in ("vi", "en"):
        page = evaluation_page(found, lang=lang)
        assert f'<html lang="{lang}">' in page
        assert nasty not in page
        assert "&lt;script&gt;" in page
        assert "<b>" not in page
        assert not re.search(r"<script|<link|<img|\bsrc=|\bhref=|@import|url\(", page)
        assert page.count("<table") == page.count("</table>")


def test_nothing_personal_is_written(tmp_path):
    """Neither keys nor candidates come out of an evaluation, in any form."""
    rows = [Row("SECRET-1", "SECRET-2", 30.0), Row("SECRET-1", "SECRET-1", 20.0)]
    rows += [Row(true="SECRET-3", candidates="SECRET-3;SECRET-4", outcome="ambiguous")]

    found = evaluated(tmp_path, rows)
    out = write_evaluation(found, out=tmp_path / "out")

    texts = [repr(found), *(path.read_text("utf-8") for path in out.iterdir())]
    assert len(texts) == 4
    assert not any("SECRET" in text for text in texts)


def test_the_chart_marks_what_was_used(tmp_path):
    """The picture is well-formed, in both languages, and marks the threshold and the best one."""
    rows = [Row("p1", "p1" if n > 5 else "p2", 10.0 + n) for n in range(40)]
    found = evaluated(tmp_path, rows)
    assert not found.best_is_used

    for lang, used in (("vi", "ngưỡng đã dùng: 9,50"), ("en", "threshold used: 9.50")):
        picture = ET.fromstring(threshold_chart(found, lang=lang))
        words = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
        assert used in words
        assert any(word.startswith(("F1 cao nhất", "best F1")) for word in words)
        curves = [p for p in picture.iter("{http://www.w3.org/2000/svg}path") if "V" in p.get("d")]
        assert all("nan" not in path.get("d") for path in curves)


def test_a_curve_of_many_weights_stays_small(tmp_path):
    """The picture has a point a pixel at the most, however many weights there are."""
    rows = [Row("p1", "p1" if n % 11 else "p2", n * 60 / 5_000) for n in range(5_000)]
    found = evaluated(tmp_path, rows)

    assert len(found.curve) > 3_000
    assert len(threshold_chart(found)) < 40_000


def test_an_evaluation_is_a_whole_folder(tmp_path):
    """It replaces an earlier evaluation as a whole, and nothing else."""
    rows = [Row("p1", "p1", 9.0)]
    out = tmp_path / "out"
    write_evaluation(evaluated(tmp_path, rows), out=out)
    assert {path.name for path in out.iterdir()} == {
        "evaluation.json", "evaluation.html", "threshold.svg"
    }  # fmt: skip

    write_evaluation(evaluated(tmp_path, rows, weighed=False), out=out)
    assert {path.name for path in out.iterdir()} == {"evaluation.json", "evaluation.html"}

    (out / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="holds other files"):
        write_evaluation(evaluated(tmp_path, rows), out=out)
    assert (out / "mine.txt").read_text() == "keep"


def test_the_figures_are_those_of_the_evaluation(tmp_path):
    """``evaluation.json`` is the dict, with the library's version."""
    found = evaluated(tmp_path, [Row("p1", "p1", 9.0), Row("p1", "p2", 30.0)])

    out = write_evaluation(found, out=tmp_path / "out")

    written = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert written.pop("library")["name"] == "vnvaxmatch"
    assert written == json.loads(json.dumps(found.as_dict()))
    assert written["identification"]["precision"]["value"] == 0.5


def test_tables_are_rectangular(tmp_path):
    """Every table has a cell for every heading, in both languages, short and long."""
    rows = [Row("p1", "p2", 30.0), Row("p1", "p1", 12.0, codes="name_typo")]
    rows += [Row(outcome=outcome.value) for outcome in Outcome]
    found = evaluated(tmp_path, rows)

    for lang in ("vi", "en"):
        for short in (True, False):
            made = list(tables(found, lang=lang, short=short))
            assert len(made) == 9
            assert all(table.rows for table in made)
            assert all(len(row) == len(t.headings) for t in made for row in t.rows)
    assert len([t for t in tables(found) if any("ngưỡng" in h for h in t.headings)]) == 1


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (None, "–"), (0, "0 %"), (1, "100 %"), (0.5, "50.000 %"), (0.99999999, "99.999 %"),
        (1e-12, "0.001 %"), (0.0, "0 %"), (1.0, "100 %"),
    ],
)  # fmt: skip
def test_only_all_reads_all(share, words):
    """A share that is nearly one is not rounded to it."""
    assert percent(share, "en") == words


def test_figures_of_both_languages():
    """Separators are those of the language."""
    assert (count(1234567, "vi"), count(1234567, "en")) == ("1.234.567", "1,234,567")
    assert (decimal(1.25, "vi"), decimal(1.25, "en"), decimal(None, "vi")) == ("1,25", "1.25", "–")


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """Verified results of made-up people, with the truth."""
    folder = tmp_path_factory.mktemp("made-up")
    synthesize(people=1_500, doses=1_200, seed=11, out=folder / "synth")
    build_registry(folder / "synth" / "population.parquet", out=folder / "people.duckdb")
    verify(
        folder / "synth" / "doses.csv",
        registry=folder / "people.duckdb",
        out=folder / "results",
        disclosure=Disclosure.VALUES,
        options=InputOptions(reference=LAST_DAY),
        worklists=False,
    )
    return folder


def test_a_made_up_list_end_to_end(made_up):
    """The figures of a real run are those of a join done by hand."""
    results = pq.read_table(made_up / "results" / "results.parquet").to_pylist()
    truth = pq.read_table(made_up / "synth" / "truth.parquet").to_pylist()
    rows = [
        Row(told=row["entry_key"], true=true["entry_key"])
        for row, true in zip(results, truth, strict=True)
    ]

    found = evaluate(made_up / "results", truth=made_up / "synth" / "truth.parquet")

    counts = found.identification
    shares = (counts.precision.value, counts.recall.value, counts.f1.value)
    assert shares == tuple(map(exactly, reference(rows)))
    assert found.rows == 1_200
    assert found.matched.wrong + found.matched.stranger == 0
    undamaged = next(each for each in found.slices if each.name == "undamaged").any
    assert undamaged.right > 700
    assert undamaged.recall.value > 0.99


def test_a_truth_of_csv_and_of_records_say_the_same(made_up, tmp_path):
    """The same truth in another file, by another name of the rows, gives the same evaluation."""
    truth = pq.read_table(made_up / "synth" / "truth.parquet")
    ids = pq.read_table(made_up / "results" / "results.parquet", columns=["record_id"])
    pacsv.write_csv(truth, tmp_path / "truth.csv")
    by_record = truth.drop_columns(["row"]).append_column("record_id", ids.column(0))
    pq.write_table(by_record, tmp_path / "records.parquet")

    whole = evaluate(made_up / "results", truth=made_up / "synth" / "truth.parquet")

    assert evaluate(made_up / "results", truth=tmp_path / "truth.csv") == whole
    assert evaluate(made_up / "results", truth=tmp_path / "records.parquet") == whole


def test_nothing_is_said_of_thresholds_below_the_one_used(tmp_path):
    """The steps begin at the threshold used, then go on in whole bits; so does the curve drawn."""
    found = evaluated(tmp_path, [Row("p1", "p1", 12.25), Row("p1", "p1", 14.5)])

    assert [(step.threshold, step.told) for step in found.steps()] == [
        (9.5, 2), (10.0, 2), (11.0, 2), (12.0, 2), (13.0, 1), (14.0, 1)
    ]  # fmt: skip
    assert [step.threshold for step in found.steps(5)] == [9.5, 10.0]
    assert found.best_is_used
    assert "best F1" not in threshold_chart(found, lang="en")
