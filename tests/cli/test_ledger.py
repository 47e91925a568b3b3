"""``vnvaxmatch ledger``: an auditor's way, from checkpoint to proof."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vnvaxmatch.cli.app import run
from vnvaxmatch.cli.keys import make_keys, read_keys
from vnvaxmatch.ledger import Event, Seal, SQLiteLedger

AT = datetime(2026, 5, 4, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with a ledger of nine events and its keys."""
    monkeypatch.chdir(tmp_path)
    make_keys(Path("keys.json"), name="one")
    with SQLiteLedger("cases.db", keys=read_keys(Path("keys.json"))) as ledger:
        ledger.append(
            Event(f"case/{i}", "received", AT, {"row": i}, {"name": "Thử Kín"}, label="new")
            for i in range(9)
        )
    return tmp_path


def change(statement: str) -> None:
    """Do to the file what somebody with an editor could."""
    with closing(sqlite3.connect("cases.db")) as connection:
        connection.execute(statement)
        connection.commit()


def pin(capsys: pytest.CaptureFixture[str], name: str = "pinned.txt") -> None:
    """Keep a checkpoint."""
    assert run(["ledger", "checkpoint", "cases.db"]) == 0
    Path(name).write_text(capsys.readouterr().out, encoding="utf-8")


def test_a_sound_log_is_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, in either language, and exits with 0."""
    pin(capsys)
    root = Path("pinned.txt").read_text("utf-8").splitlines()[2]
    assert run(["ledger", "check", "cases.db", "--since", "pinned.txt", "--lang", "en"]) == 0
    assert capsys.readouterr().out == f"9 events, all sound: {root}\n"
    assert run(["ledger", "check", "cases.db"]) == 0
    assert capsys.readouterr().out == f"9 sự kiện, nguyên vẹn: {root}\n"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE events SET kind = 'odd' WHERE idx = 4", "event 4 was altered (altered); 4 events"),
        ("DELETE FROM events WHERE idx = 8", "event 8 is gone (missing); 8 events"),
        ("UPDATE names SET label = 'x' WHERE name = 'case/2'", "what their events say: case/2"),
    ],
)
def test_a_bad_log_is_named_and_fails(
    folder: Path, capsys: pytest.CaptureFixture[str], statement: str, words: str
) -> None:
    """The first bad event is named, and the exit code is 1."""
    change(statement)
    assert run(["ledger", "check", "cases.db", "--lang", "en"]) == 1
    assert words in capsys.readouterr().out


def test_a_log_that_was_replaced_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another log, sound in itself, does not continue the checkpoint."""
    pin(capsys)
    Path("cases.db").unlink()
    with SQLiteLedger("cases.db") as ledger:
        ledger.append(Event(f"case/{i}", "received", AT) for i in range(12))
    assert run(["ledger", "check", "cases.db", "--since", "pinned.txt", "--lang", "en"]) == 1
    assert "BAD: event 0 to 8 does not continue the checkpoint" in capsys.readouterr().out


def test_a_proof_is_checked_without_the_log(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What `prove` prints, `verify` takes; altered by a letter it does not."""
    pin(capsys)
    assert run(["ledger", "prove", "cases.db", "--index", "3"]) == 0
    proof = capsys.readouterr().out
    Path("proof.json").write_text(proof, encoding="utf-8")
    Path("cases.db").unlink()
    verify = ["ledger", "verify", "proof.json", "--checkpoint", "pinned.txt", "--lang", "en"]
    assert run(verify) == 0
    assert capsys.readouterr().out == "true: event 3 is in the log of 9 events\n"
    Path("proof.json").write_text(proof.replace('"row": 3', '"row": 4'), encoding="utf-8")
    assert run(verify) == 1
    assert "is not in the log" in capsys.readouterr().err


def test_an_event_is_shown_without_what_is_personal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line of JSON, with the values encrypted."""
    assert run(["ledger", "show", "cases.db", "--index", "2"]) == 0
    out = capsys.readouterr().out
    told = json.loads(out)
    assert (told["stream"], told["data"], told["index"]) == ("case/2", {"row": 2}, 2)
    assert "Kín" not in out
    assert run(["ledger", "show", "cases.db", "--index", "9"]) == 1
    assert "there is no event 9" in capsys.readouterr().err


def test_a_person_is_purged_and_the_rest_is_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their values are gone, others' are not, and the log is sound."""
    assert run(["ledger", "purge", "cases.db", "--person", "case/2", "--lang", "en"]) == 0
    assert run(["ledger", "purge", "cases.db", "--person", "case/2", "--lang", "en"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "the key is destroyed",
        "there is no key to destroy",
    ]
    assert run(["ledger", "check", "cases.db"]) == 0
    with SQLiteLedger("cases.db", keys=read_keys(Path("keys.json"))) as ledger:
        seals = [recorded.seal for recorded in ledger.scan()]
    assert seals == [Seal.DESTROYED if i == 2 else Seal.OPEN for i in range(9)]


def test_keys_are_rotated(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After it, a key file with the new key alone opens everything."""
    make_keys(Path("new.json"), name="two")
    old, new = (json.loads(Path(name).read_text()) for name in ("keys.json", "new.json"))
    both = {"current": "two", "keys": {**old["keys"], **new["keys"]}}
    Path("both.json").write_text(json.dumps(both))
    rotate = ["ledger", "rotate", "cases.db", "--lang", "en", "--keys"]
    assert run([*rotate, "new.json"]) == 1
    assert "former master keys" in capsys.readouterr().err
    assert run([*rotate, "both.json"]) == 0
    assert capsys.readouterr().out == "9 keys\n"
    with SQLiteLedger("cases.db", keys=read_keys(Path("new.json"))) as ledger:
        assert {recorded.seal for recorded in ledger.scan()} == {Seal.OPEN}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "none.db"],
        ["check", "keys.json"],
        ["check", "cases.db", "--since", "none.txt"],
        ["check", "cases.db", "--since", "keys.json"],
        ["check", "cases.db", "--since", "cases.db"],
        ["checkpoint", "cases.db", "--size", "10"],
        ["prove", "cases.db", "--index", "9"],
        ["verify", "keys.json", "--checkpoint", "keys.json"],
        ["check", "mysql://host/db"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """One line on standard error, exit code 1, nothing made."""
    before = sorted(file.name for file in folder.iterdir())
    assert run(["ledger", *arguments]) == 1
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert sorted(file.name for file in folder.iterdir()) == before
