"""What goes wrong with Spark comes as one line of ours, without any value of a record."""

import sys

import pyarrow as pa
import pytest

from tests.spark.cluster import HOST, free_port, needs_java
from vnvaxmatch.backends import Exact
from vnvaxmatch.bulk.spark import numbered, verify
from vnvaxmatch.bulk.spark.files import Database, open_database, verify_files
from vnvaxmatch.bulk.spark.maps import guarded
from vnvaxmatch.bulk.spark.people import entries_of
from vnvaxmatch.bulk.spark.sessions import opened, told
from vnvaxmatch.errors import ColumnError, InputError, RegistryError, VnvaxmatchError

SECRET = "Trần Thị Bí Mật"
PERSON = {"full_name": SECRET, "date_of_birth": "1/2/1985", "sex": "nữ", "id_number": ""}


def test_no_java(monkeypatch):
    """Without Java nothing is started, and what to install is said."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    with pytest.raises(InputError, match="Java 17"), opened("local[1]", settings={}):
        pass


@needs_java
@pytest.mark.parametrize("master", ["lokal", "spark:7077", "http://a:1", "", "local[x]"])
def test_no_address(master):
    """What is no address of a cluster is told from one where nobody answers."""
    with pytest.raises(InputError, match="no address"), opened(master, settings={}):
        pass


@needs_java
def test_nobody_there():
    """A master that does not answer is named at once, not after a minute of attempts."""
    master = f"spark://{HOST}:{free_port()}"

    with pytest.raises(InputError, match="nobody answers"), opened(master, settings={}):
        pass


@needs_java
def test_workers_without_the_package(tmp_path, monkeypatch):
    """Where workers run a Python without the package, what it lacks is named."""
    monkeypatch.setenv("PYSPARK_PYTHON", sys._base_executable)
    (tmp_path / "people.csv").write_text(
        "full_name,date_of_birth,sex,id_number,entry_key\nLê An,1/2/1985,nam,,1\n", "utf-8"
    )

    with pytest.raises(RegistryError, match="lacks «") as failed:
        verify_files(
            tmp_path / "people.csv",
            population=tmp_path / "people.csv",
            out=tmp_path / "out",
            spill=tmp_path / "spill",
            master="local[1]",
        )

    assert "\n" not in str(failed.value)
    assert not (tmp_path / "out").exists()
    assert {path.name for path in tmp_path.rglob("*")} <= {"people.csv", "spill", "spark.log"}


@pytest.fixture
def tables(session):
    """Make tables of the session."""
    return lambda *rows: session.createDataFrame([dict(row) for row in rows])


@needs_java
class TestTables:
    """Tables that cannot be verified."""

    def test_columns_are_missing(self, tables):
        """A list without a mandatory column is refused before anything runs."""
        lacking = tables({"full_name": SECRET, "sex": "nữ", "id_number": "1"})

        with pytest.raises(ColumnError, match="date_of_birth"):
            verify(lacking, tables({**PERSON, "entry_key": "1"}))

    def test_a_population_needs_keys(self, tables):
        """Rows of a table have no order to be named by."""
        with pytest.raises(InputError, match="entry_key"):
            verify(tables(PERSON), tables(PERSON))

    @pytest.mark.parametrize(
        ("keys", "match"), [(("1", "1"), "1 keys are those of several"), (("1", " "), "1 people")]
    )
    def test_keys_given_twice_or_not_at_all(self, tables, keys, match):
        """Two people with one key, or one without, are refused by their number alone."""
        people = tables(*({**PERSON, "entry_key": key} for key in keys))

        with pytest.raises(RegistryError, match=match):
            verify(tables({**PERSON, "row": 1}), people)

    @pytest.mark.parametrize("rows", [("1", "1"), ("1", None), ("1", SECRET)])
    def test_rows_that_name_no_row(self, tables, rows):
        """Row numbers twice, missing or no numbers are refused, and not quoted."""
        doses = tables(*({**PERSON, "row": row} for row in rows))

        with pytest.raises(InputError, match="name every row once") as failed:
            verify(doses, tables({**PERSON, "entry_key": "1"}), by=Exact())

        assert SECRET not in str(failed.value)

    def test_a_nested_column(self, session):
        """A column that is no text is refused by its name."""
        doses = session.createDataFrame([{**PERSON, "full_name": [SECRET]}])

        with pytest.raises(InputError, match="holds array<string>, which is no text"):
            verify(doses, doses)

    def test_no_driver(self, session, tmp_path):
        """A database without a driver is told from one that is wrong."""
        reader = session.read.format("jdbc").options(url="jdbc:nowhere://x/y", dbtable="people")

        with pytest.raises(RegistryError, match="JDBC driver"), told():
            reader.load()

    def test_people_come_from_a_database(self, session, tables, tmp_path):
        """A table of people in a database, by JDBC, is read as a population is."""
        url = f"jdbc:derby:{tmp_path / 'people'};create=true"
        driver = "org.apache.derby.jdbc.EmbeddedDriver"
        people = tables({**PERSON, "entry_key": "1"}, {**PERSON, "entry_key": "2"})
        people.write.format("jdbc").options(url=url, dbtable="people", driver=driver).save()

        table = open_database(session, Database(url, "people", driver=driver))
        entries = entries_of(table).select("entry_key", "name_fold").toArrow().to_pylist()

        assert sorted(entry["entry_key"] for entry in entries) == ["1", "2"]
        assert {entry["name_fold"] for entry in entries} == {"tran thi bi mat"}

    def test_what_a_task_stumbles_over_is_not_quoted(self, session):
        """An error on a worker says what and where, and no cell."""

        class Stumbling:
            @guarded
            def __call__(self, batches):
                for batch in batches:
                    batch.column("full_name").cast(pa.int64())
                    yield batch

        table = session.createDataFrame([PERSON]).select("full_name")

        with pytest.raises(RegistryError) as failed, told():
            table.mapInArrow(Stumbling(), table.schema).collect()

        assert "ArrowInvalid in" in str(failed.value)
        assert SECRET not in str(failed.value)
        assert "\n" not in str(failed.value)

    def test_rows_are_numbered_in_reading_order(self, session, tmp_path):
        """Without numbers of their own the rows of files are numbered as they are read."""
        session.range(1000).coalesce(1).write.parquet(str(tmp_path / "list"))
        table = session.read.parquet(str(tmp_path / "list")).repartitionByRange(7, "id")

        rows = numbered(table).select("id", "row").toArrow().sort_by("id")

        assert rows.column("row").to_pylist() == list(range(1, 1001))


def test_a_database_keeps_its_password_to_itself():
    """Neither the address nor the password shows."""
    shown = repr(Database("jdbc:x://h/d?password=hush", "people", user="me", password="hush"))

    assert "hush" not in shown


def test_unknown_errors_are_one_line_without_their_text():
    """Whatever Spark says that is not known is named by its kind alone."""
    with pytest.raises(VnvaxmatchError) as failed, told():
        raise ConnectionError(SECRET)

    assert SECRET not in str(failed.value)
