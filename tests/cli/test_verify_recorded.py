"""``verify --ledger``: what a run came to, in a log that nobody can change unnoticed."""

import hashlib
import json

import pytest

from vnvaxmatch.bulk import build_registry
from vnvaxmatch.cli.app import run
from vnvaxmatch.ledger import open_ledger

ROW = "Nguyễn Văn Mẫu,10/11/1985,Nam,001085000123\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Make a registry and a list of one person, and stand beside them."""
    people, doses = tmp_path / "people.csv", tmp_path / "doses.csv"
    people.write_text(f"full_name,date_of_birth,sex,id_number\n{ROW}", "utf-8")
    doses.write_text(f"Họ và tên,Ngày sinh,Giới tính,Số CCCD\n{ROW}", "utf-8")
    build_registry(people, out=tmp_path / "people.duckdb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verified(*more):
    return run(["verify", "doses.csv", "--registry", "people.duckdb", "--out", "results", *more])


def test_a_run_is_recorded_once_and_holds_nothing_personal(files):
    """The event has the digests of manifest, list and results, names and counts."""
    assert verified("--ledger", "log.db") == 0
    assert verified("--ledger", "log.db") == 0

    ledger = open_ledger("log.db", create=False)
    events = [recorded.event for recorded in ledger.read("runs")]
    ledger.close()
    data = events[-1].data
    manifest = (files / "results" / "manifest.json").read_bytes()
    assert [event.kind for event in events] == ["verified", "verified"]
    assert data["manifest"] == hashlib.sha256(manifest).hexdigest()
    assert data["results"] == json.loads(manifest)["outputs"]
    assert (data["rows"], data["matcher"]) == (1, "exact/1")
    assert data["outcomes"]["matched"] == 1
    assert "Mẫu" not in str(data)
    assert "001085000123" not in (files / "log.db").read_bytes().decode("latin-1")


def test_a_ledger_that_cannot_be_used_is_told_before_any_work(files, capsys):
    """One line, and no results."""
    (files / "log.db").write_text("no database", "utf-8")

    assert verified("--ledger", "log.db") == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (files / "results").exists()
