"""``vnvaxmatch casework`` as a person runs it: open, status, show, and what is refused."""

import json
import re
import stat

import click
import pytest
from click.testing import CliRunner

from tests.cli.lists import verified, write
from vnvaxmatch.bulk import verify
from vnvaxmatch.casework import Act, Actor, Casework, Role, Side
from vnvaxmatch.cli.app import app, run
from vnvaxmatch.cli.casework import casework
from vnvaxmatch.cli.keys import read_keys
from vnvaxmatch.errors import InputError, OutputError
from vnvaxmatch.ledger import open_ledger

HEADINGS = [
    "Mã hồ sơ", "Họ và tên", "Ngày sinh", "Giới tính", "Số CCCD", "Quốc tịch", "Xã/Phường",
    "Mũi số", "Ngày tiêm",
]  # fmt: skip
HERE = "Phường Ba Đình, Thành phố Hà Nội"
ROWS = [
    ["A1", "Đoàn Gia Mẫu", "10/11/1985", "Nam", "001085000123", "VN", HERE, "1", "10/08/2021"],
    ["A1", "Đoàn Gia Mẫu", "10/11/1985", "Nam", "001085000123", "VN", HERE, "2", "10/10/2021"],
    ["A2", "Trần Thị Thử", "01/02/1990", "Nam", "001190000456", "VN", HERE, "1", "10/08/2021"],
    ["A3", "Lê Văn Thử", "03/03/1973", "Nam", "12345", "Việt Nam", "", "1", "10/08/2021"],
    ["A4", "John Sample", "03/03/1973", "Nam", "", "Hoa Kỳ", "", "1", "10/08/2021"],
    ["A5", "Vũ Thị Mẫu", "03/03/1983", "Nữ", "", "Việt Nam", "", "1", "10/08/2021"],
]  # fmt: skip
PEOPLE = [
    ["P1", "Đoàn Gia Mẫu", "10/11/1985", "Nam", "001085000123"],
    ["P2", "Trần Thị Thử", "01/02/1990", "Nữ", "001190000456"],
]


@pytest.fixture
def folder(tmp_path):
    """A verified list, its results and a key file, in one folder."""
    verified(tmp_path, HEADINGS, ROWS, people=PEOPLE)
    run(["casework", "keys", str(tmp_path / "keys.json"), "--name", "k1"])
    return tmp_path


def opening(folder, *more):
    """Write the command line that opens the results of a folder."""
    return [
        "casework", "open", str(folder / "results"), "--ledger", str(folder / "cases.db"),
        "--keys", str(folder / "keys.json"), "--by", "may-1", "--lang", "en", *more,
    ]  # fmt: skip


def ledger_of(folder):
    """Open the ledger of a folder with its keys."""
    return open_ledger(folder / "cases.db", keys=read_keys(folder / "keys.json"))


def test_opening_a_list_and_its_status(folder, capfd):
    """A case for every row, in the states of their outcomes; nothing is opened twice."""
    assert run(opening(folder)) == 0
    assert "6  cases opened" in capfd.readouterr().out
    assert run(opening(folder)) == 0
    out = capfd.readouterr().out
    assert "0  cases opened" in out
    assert "6  rows known, with nothing new" in out

    status = ["casework", "status", "--ledger", str(folder / "cases.db")]
    assert run([*status, "--lang", "en"]) == 0

    out, err = capfd.readouterr()
    assert err == ""
    told = dict(re.findall(r"^(\S.*?)  +([\d,]+) +\d", out, re.MULTILINE))
    assert told == {
        "Outside the verification": "1",
        "Information is missing": "1",
        "The ID number cannot be one": "1",
        "Wrong, not assigned yet": "1",
        "Matched, vaccination to be confirmed": "2",
        "All": "6",
    }
    assert "Certified: 0 of 5" in out
    assert re.search(r"Sex +1$", out, re.MULTILINE)
    assert re.search(r"ID number +2$", out, re.MULTILINE)


def test_status_of_one_commune_and_by_commune(folder, capfd):
    """One's own commune, or a line for each, those of no known commune last."""
    run(opening(folder))
    status = ["casework", "status", "--ledger", str(folder / "cases.db"), "--lang", "en"]
    capfd.readouterr()

    run([*status, "--commune", "00004"])
    of_one = capfd.readouterr().out
    run([*status, "--by-commune", "--untouched", "0"])
    by_commune = capfd.readouterr().out

    assert re.search(r"^All +3 ", of_one, re.MULTILINE)
    assert re.search(r"^00004 Phường Ba Đình.* 3 .* 3$", by_commune, re.MULTILINE)
    assert re.search(r"^Unknown commune +3 .* 2$", by_commune, re.MULTILINE)


def test_a_commune_that_is_none_is_refused(folder, capfd):
    """A mistyped code counts nothing, and must not look like a commune without work."""
    run(opening(folder))
    capfd.readouterr()

    assert run(["casework", "status", "--ledger", str(folder / "cases.db"), "--commune", "4"]) == 1

    assert "no commune has that code" in capfd.readouterr().err


def test_values_reach_the_cases_encrypted(folder):
    """The texts of the list are in the events, and nowhere readable in the file."""
    run(opening(folder))

    with ledger_of(folder) as ledger:
        work = Casework(ledger)
        found = {work.read(case).row: work.read(case).values for case, _ in work.standings()}
    assert found[3]["full_name"] == "Trần Thị Thử"
    assert found[3]["record_id"] == "A2"
    assert "phone" not in found[3]
    content = b"".join(path.read_bytes() for path in folder.glob("cases.db*"))
    assert [c for row in ROWS for c in row[1:5] if len(c) > 4 and c.encode() in content] == []


def test_the_history_of_a_case(folder, capfd):
    """What happened, who did it in which role; values only where they are asked for."""
    run(opening(folder))
    with ledger_of(folder) as ledger:
        work = Casework(ledger)
        case = next(case for case, _ in work.standings() if work.read(case).row == 3)
        at = work.read(case).touched
        clerk = Actor("can-bo-7", role=Role.COMMUNE, office="00004")
        work.do(case, Act.corrected({"sex": "Nữ"}, note="đã xem CCCD"), actor=clerk, at=at)
        police = Actor("cong-an-1", role=Role.POLICE, office="00004")
        work.do(case, Act.confirmed(Side.IDENTITY), actor=police, at=at)
    show = ["casework", "show", case, "--ledger", str(folder / "cases.db"), "--lang", "en"]
    capfd.readouterr()

    assert run(show) == 0
    plain = capfd.readouterr().out
    assert run([*show, "--keys", str(folder / "keys.json"), "--values"]) == 0
    full = capfd.readouterr().out

    for text in (
        "Received with a list · may-1 (Comparing body)",
        "Wrong: the person was found",
        "Corrected · can-bo-7 (Commune People's Committee, 00004)",
        "Fields: Sex",
        "Identity confirmed · cong-an-1 (Police, 00004)",
        "Identity: confirmed (Police",
        "Vaccination: not confirmed",
    ):
        assert text in plain
        assert text in full
    assert "Thử" not in plain
    assert "Nữ" not in plain
    assert "Full name: Trần Thị Thử" in full
    assert "Sex: Nữ" in full
    assert "Note: đã xem CCCD" in full


def test_a_newer_list_of_the_same_source(folder, capfd):
    """Record numbers of a named source continue the cases; doses are told apart."""
    run(opening(folder, "--source", "nen-tang"))
    rows = [list(row) for row in reversed(ROWS)]
    rows[3][3] = "Nữ"  # A2, corrected on the platform
    write(folder / "doses.csv", HEADINGS, rows)
    verify(folder / "doses.csv", registry=folder / "reg.duckdb", out=folder / "results")
    manifest = json.loads((folder / "results" / "manifest.json").read_text("utf-8"))
    manifest["finished"] = "2100-01-01T00:00:00+00:00"
    (folder / "results" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    capfd.readouterr()

    assert run(opening(folder, "--source", "nen-tang")) == 0

    out = capfd.readouterr().out
    assert "0  cases opened" in out
    assert "5  rows known" in out
    assert "1  cases that the list restates" in out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: (f / "doses.csv").unlink(), "name it with --doses"),
        (lambda f: (f / "doses.csv").write_text("x", "utf-8"), "name it with --doses"),
        (lambda f: (f / "results" / "manifest.json").unlink(), "no results folder"),
        (lambda f: (f / "results" / "manifest.json").write_text("{", "utf-8"), "no JSON"),
        (lambda f: (f / "results" / "manifest.json").write_text("[]", "utf-8"), "no manifest"),
        (lambda f: (f / "results" / "manifest.json").write_text("{}", "utf-8"), "no manifest"),
        (lambda f: (f / "results" / "results.parquet").write_bytes(b"x"), "is not the file"),
        (lambda f: (f / "results" / "results.parquet").unlink(), "verify the list again"),
        (lambda f: (f / "keys.json").write_text("{}", "utf-8"), "no key file"),
        (lambda f: (f / "keys.json").unlink(), "cannot read the keys"),
        (lambda f: (f / "cases.db").write_bytes(b"no ledger" * 99), "ledger"),
    ],
)
def test_what_is_wrong_is_one_line(folder, capfd, change, words):
    """A missing, changed or damaged file: what, where, what to do, and exit code 1."""
    capfd.readouterr()
    change(folder)

    code = run(opening(folder))

    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1


def test_the_list_can_be_elsewhere_and_have_another_name(folder, capfd):
    """It is known by its digest; another file is refused."""
    other = write(folder / "other.csv", HEADINGS, ROWS[:1])
    (folder / "doses.csv").rename(folder / "moved.csv")

    assert run(opening(folder, "--doses", str(other))) == 1
    assert "is not the list" in capfd.readouterr().err
    assert run(opening(folder, "--doses", str(folder / "none.csv"))) == 1
    assert "is not there" in capfd.readouterr().err
    assert run(opening(folder, "--doses", str(folder / "moved.csv"))) == 0


def test_headings_of_ones_own_are_those_of_the_run(folder, tmp_path, capfd):
    """Columns that were named when the list was verified need not be named again."""
    headings = ["Của tôi" if heading == "Số CCCD" else heading for heading in HEADINGS]
    from vnvaxmatch.bulk import InputOptions

    verify(
        write(folder / "doses.csv", headings, ROWS),
        registry=folder / "reg.duckdb",
        out=folder / "results",
        options=InputOptions(columns={"id_number": "Của tôi"}),
    )

    assert run(opening(folder)) == 0
    with ledger_of(folder) as ledger:
        work = Casework(ledger)
        numbers = {work.read(case).values.get("id_number") for case, _ in work.standings()}
    assert "001085000123" in numbers


def test_the_results_of_a_check_are_refused(folder, capfd):
    """Where nothing was compared there is nothing to open."""
    run(["check", str(folder / "doses.csv"), "--out", str(folder / "results2")])
    (folder / "results").rename(folder / "old")
    (folder / "results2").rename(folder / "results")
    capfd.readouterr()

    assert run(opening(folder)) == 1
    assert "nothing was compared" in capfd.readouterr().err


def test_without_keys_no_case_is_opened(folder, capfd):
    """Personal values are encrypted or not kept at all, and no empty ledger is left behind."""
    arguments = opening(folder)
    at = arguments.index("--keys")
    capfd.readouterr()

    assert run(arguments[:at] + arguments[at + 2 :]) == 2

    assert "--keys is needed" in capfd.readouterr().err
    assert not (folder / "cases.db").exists()


def test_with_the_keys_of_another_ledger_nothing_is_written(folder, capfd):
    """A key ring of somebody else's, with an id of its own, leaves the log as it was."""
    run(opening(folder))
    run(["casework", "keys", str(folder / "other.json"), "--name", "k2"])
    write(folder / "doses.csv", HEADINGS, ROWS[:2])
    verify(folder / "doses.csv", registry=folder / "reg.duckdb", out=folder / "more")
    arguments = [text.replace("keys.json", "other.json") for text in opening(folder)]
    arguments[2] = str(folder / "more")
    with ledger_of(folder) as ledger:
        before = ledger.checkpoint()
    capfd.readouterr()

    assert run(arguments) == 1

    assert "the key ring that it was begun with" in capfd.readouterr().err
    with ledger_of(folder) as ledger:
        assert ledger.checkpoint() == before


def test_a_role_that_may_not_compare_opens_nothing(folder, capfd):
    """It is said for how many rows, which, and why."""
    capfd.readouterr()

    assert run(opening(folder, "--role", "police")) == 0

    out = capfd.readouterr().out
    assert "0  cases opened" in out
    assert "This role may not do that (rows 1, 2, 3, 4, 5, 6)" in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["casework", "show", "x", "--ledger", "none.db"],
        ["casework", "status", "--ledger", "none.db"],
    ],
)
def test_a_ledger_that_is_not_there_is_not_made(tmp_path, monkeypatch, capfd, arguments):
    """Looking at a ledger makes none."""
    monkeypatch.chdir(tmp_path)

    assert run(arguments) == 1

    assert capfd.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_case_that_is_not_there(folder, capfd):
    """One line, and where to look."""
    run(opening(folder))
    capfd.readouterr()

    assert run(["casework", "show", "nobody", "--ledger", str(folder / "cases.db")]) == 1

    assert "no such case" in capfd.readouterr().err


def test_values_need_keys(folder, capfd):
    """Asking for what is encrypted without a key is not understood."""
    assert run(["casework", "show", "x", "--ledger", "c.db", "--values"]) == 2
    assert "--keys" in capfd.readouterr().err


def test_a_key_file_is_its_owners_and_is_never_replaced(tmp_path, capfd):
    """Others may not read it; a second one of that name is refused, and the first stays."""
    path = tmp_path / "keys.json"
    assert run(["casework", "keys", str(path)]) == 0
    first = path.read_bytes()

    assert run(["casework", "keys", str(path)]) == 1

    assert "already" in capfd.readouterr().err
    assert path.read_bytes() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(first)["current"] in json.loads(first)["keys"]


@pytest.mark.parametrize(
    "content",
    ["", "x", "[]", "{}", '{"keys": {"a": "secret"}, "current": "a"}', '{"keys": [], "current": 1}',
     '{"keys": {"a": 5}, "current": "a"}', "\xff", "[" * 100_000],
)  # fmt: skip
def test_what_is_no_key_file_is_said_without_showing_it(tmp_path, content):
    """Neither the message nor its cause holds what stands in the file."""
    path = tmp_path / "keys.json"
    path.write_text(content, "latin-1")

    with pytest.raises(InputError, match="no key file") as caught:
        read_keys(path)

    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_a_key_file_where_none_can_be_written(tmp_path):
    """What is wrong is said in words."""
    from vnvaxmatch.cli.keys import make_keys

    with pytest.raises(OutputError, match="cannot write"):
        make_keys(tmp_path / "none" / "keys.json", name="k")


def test_every_command_is_listed_with_a_whole_sentence():
    """The list of commands is not cut off in the middle of a sentence."""
    text = CliRunner().invoke(app, ["casework", "--help"], env={"COLUMNS": "80"}).output

    assert "..." not in text.partition("Commands:")[2]


@pytest.mark.parametrize("command", ["", "open", "status", "show", "keys"])
def test_the_help_teaches(command):
    """Each command says what it does, on a page of 100 columns; no option is without its help."""
    arguments = ["casework", *command.split(), "--help"]
    text = CliRunner().invoke(app, arguments, env={"COLUMNS": "300"}).output

    assert max(map(len, text.splitlines())) <= 100
    commands = [casework] if not command else [casework.commands[command]]
    options = [p for c in commands for p in c.params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []
