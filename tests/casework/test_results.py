"""From a results folder to cases: what the run counted is what the cases say."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.bulk import InputOptions, build_registry, verify
from vnvaxmatch.bulk.runs import open_doses
from vnvaxmatch.casework import Casework, State
from vnvaxmatch.casework.results import open_results
from vnvaxmatch.errors import InputError
from vnvaxmatch.policy import Disclosure, Outcome
from vnvaxmatch.synthetic import synthesize

from .people import REGISTRY, START, ledger


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A made-up population and a broken list of its vaccinations."""
    folder = tmp_path_factory.mktemp("made")
    synthesize(people=400, doses=600, seed=5, out=folder / "s")
    build_registry(folder / "s" / "population.parquet", out=folder / "reg.duckdb")
    return folder


def verified(made, tmp_path, **options):
    """Verify the list, and open its results."""
    run = verify(
        made / "s" / "doses.csv",
        registry=made / "reg.duckdb",
        out=tmp_path / "results",
        worklists=False,
        **options,
    )
    return run, open_results(tmp_path / "results")


def texts(made):
    """Give what opens the list anew."""
    return lambda: open_doses(made / "s" / "doses.csv", InputOptions()).batches


@pytest.mark.parametrize("disclosure", Disclosure)
@pytest.mark.parametrize("fuzzy", [False, True])
def test_cases_say_what_the_run_counted(made, tmp_path, fuzzy, disclosure):
    """States are the outcomes, fields to check the same in number, by whichever matcher."""
    matcher = {"by": Fuzzy()} if fuzzy else {}
    run, results = verified(made, tmp_path, disclosure=disclosure, **matcher)
    work = Casework(ledger())

    opened = work.open(
        results.cases(texts(made), by_record=True),
        origin=results.origin(source="made-up"),
        actor=REGISTRY,
        at=START,
    )

    status = work.status(at=START)
    assert opened.opened == results.rows == run.summary["rows"]
    assert {s.value: c.cases for s, c in status.states.items() if c.cases} == run.summary[
        "outcomes"
    ]
    assert {f.value: n for f, n in status.wrong.items()} == run.summary["fields_to_check"]


def test_a_row_brings_its_own_texts(made, tmp_path):
    """Values stand with the row that they were read from, as they came."""
    _, results = verified(made, tmp_path)
    work = Casework(ledger())
    work.open(results.cases(texts(made)), origin=results.origin(), actor=REGISTRY, at=START)
    (table,) = [pa.Table.from_batches(texts(made)())]
    wanted = dict(enumerate(table.drop_columns(["unreadable"]).to_pylist(), start=1))

    for case, _ in work.standings():
        state = work.read(case)
        told = {name: text for name, text in wanted[state.row].items() if text}
        assert state.values == told


def test_what_cannot_be_told_yet_is_received(made, tmp_path):
    """A row whose registry gave no answer is a case that was not compared."""
    _, results = verified(made, tmp_path)
    told = list(results.cases(texts(made)))
    path = results.folder / "results.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("outcome")
    table = table.set_column(at, "outcome", pa.array(["undetermined"] * table.num_rows))
    pq.write_table(table, path)

    undetermined = list(results.cases(texts(made)))

    assert {case.outcome for case in undetermined} == {None}
    assert [case.values for case in undetermined] == [case.values for case in told]


def test_the_origin_names_list_results_and_how(made, tmp_path):
    """What the ledger keeps of a list holds the digests and versions of its manifest."""
    run, results = verified(made, tmp_path, by=Fuzzy())

    origin = results.origin(source="made-up")

    assert origin.list_id == run.manifest["input"]["sha256"]
    assert origin.results == run.manifest["outputs"]["results.parquet"]
    assert origin.made == datetime.fromisoformat(run.manifest["finished"])
    assert origin.made.tzinfo is not None
    assert origin.about["policy"] == "strict/1"
    assert origin.about["model"]["name"] == run.manifest["model"]["name"]
    assert json.loads(json.dumps(origin.about)) == origin.about
    assert origin.made <= datetime.now(UTC)


@pytest.mark.parametrize("rows", [0, 599])
def test_a_list_of_another_length_is_no_list_of_these_results(made, tmp_path, rows):
    """Rows are never matched up with results that are not theirs."""
    _, results = verified(made, tmp_path)
    table = pa.Table.from_batches(texts(made)()).slice(0, rows)

    with pytest.raises(InputError, match="has not the 600 rows"):
        list(results.cases(table.to_batches))


def test_rows_of_one_record_are_numbered_in_the_order_of_doses(made, tmp_path):
    """However the list is sorted, the first dose comes first."""
    _, results = verified(made, tmp_path)
    path = results.folder / "results.parquet"
    table = pq.read_table(path)
    at = table.schema.get_field_index("record_id")
    pq.write_table(table.set_column(at, "record_id", pa.array([" X "] * 600)), path)
    doses = pa.array([str(600 - row) for row in range(600)])
    list_ = pa.table({"full_name": pa.array(["n"] * 600), "dose_number": doses})

    told = list(results.cases(list_.to_batches, by_record=True))

    assert [case.occurrence for case in told] == list(range(600, 0, -1))
    assert {case.record for case in told} == {"X"}


def test_every_outcome_has_its_state():
    """Where a row comes in is the state of its outcome's name."""
    assert all(State(outcome.value) for outcome in Outcome)
