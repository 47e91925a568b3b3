import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.casework.people import COMMUNE, HEALTH, HERE, POLICE, REGISTRY, VALUES, new_case, origin
from tests.certify.authority import TestCA
from tests.certify.minutes.making import BODY, NAMES
from vnvaxmatch.casework import Act, Casework, Side, State
from vnvaxmatch.certify.minutes import read_minutes, reference_of
from vnvaxmatch.certify.trust import save_trust
from vnvaxmatch.cli.app import run
from vnvaxmatch.cli.keys import read_keys
from vnvaxmatch.ledger import open_ledger

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Give the folder of an office: trust, signers, and who takes part."""
    folder = tmp_path_factory.mktemp("office")
    ca = TestCA(BODY, at=NOW)
    save_trust(ca.trust(), folder / "trust")
    (folder / "password").write_text("secret\n")
    for role, name in NAMES.items():
        (folder / f"{role}.p12").write_bytes(ca.officer(name).p12(b"secret"))
    parties = [
        f'[[party]]\nrole = "{role}"\nname = "{name}"\ntitle = "Chức vụ"\nbody = "{BODY}"\n'
        for role, name in NAMES.items()
    ]
    (folder / "parties.toml").write_text(f'office = "{BODY}"\n' + "\n".join(parties), "utf-8")
    return folder


@pytest.fixture
def cases(tmp_path):
    """Give a ledger of three cases of which two are confirmed."""
    run(["casework", "keys", str(tmp_path / "keys.json")])
    with open_ledger(str(tmp_path / "cases.db"), keys=read_keys(tmp_path / "keys.json")) as ledger:
        work = Casework(ledger)
        rows = [new_case(row=number, record=f"HS-{number}") for number in (1, 2, 3)]
        past = NOW - timedelta(days=3)
        work.open(rows, origin=origin(made=past), actor=REGISTRY, at=past)
        for case, _ in list(work.standings())[:2]:
            work.do(case, Act.corrected({"sex": "Nam"}, note="CCCD"), actor=COMMUNE, at=past)
            work.do(case, Act.confirmed(Side.IDENTITY), actor=POLICE, at=past)
            work.do(case, Act.confirmed(Side.VACCINATION), actor=HEALTH, at=past)
    return tmp_path


def _make(office, cases, *more, out="minutes.pdf"):
    return run(
        ["certify", "minutes", "make", "--ledger", str(cases / "cases.db"),
         "--keys", str(cases / "keys.json"), "--commune", HERE, "--number", "12/BB-UBND",
         "--place", "Mẫu", "--parties", str(office / "parties.toml"),
         "--out", str(cases / out), *more]
    )  # fmt: skip


def _sign(office, cases, role, *, by=None):
    return run(
        ["certify", "minutes", "sign", str(cases / "minutes.pdf"), "--role", role,
         "--signer", str(office / f"{by or role}.p12"), "--trust", str(office / "trust"),
         "--password-file", str(office / "password"), "--lang", "en"]
    )  # fmt: skip


def _verify(office, cases, *more):
    return run(
        ["certify", "minutes", "verify", str(cases / "minutes.pdf"),
         "--trust", str(office / "trust"), "--lang", "en", *more]
    )  # fmt: skip


def _record(office, cases, *more):
    return run(
        ["certify", "minutes", "record", str(cases / "minutes.pdf"),
         "--ledger", str(cases / "cases.db"), "--by", COMMUNE.id, "--office", HERE,
         *(more or ("--trust", str(office / "trust")))]
    )  # fmt: skip


def _states(cases):
    with open_ledger(str(cases / "cases.db"), create=False) as ledger:
        return sorted(told.state.value for _, told in Casework(ledger).standings())


def test_from_confirmed_cases_to_the_ledger(office, cases, capsys):
    """Drawn up, signed by all, verified, recorded: the cases are certified by these minutes."""
    assert _make(office, cases) == 0
    assert _verify(office, cases) == 3
    assert [_sign(office, cases, role) for role in ("site", "chairman", "police")] == [0, 0, 0]
    capsys.readouterr()

    assert _verify(office, cases) == 0
    shown = capsys.readouterr().out
    assert _record(office, cases) == 0

    assert shown.startswith("VALID")
    assert all(name in shown for name in NAMES.values())
    assert _states(cases) == sorted([State.MINUTES, State.MINUTES, State.MISMATCHED])
    told = read_minutes((cases / "minutes.pdf").read_bytes())
    with open_ledger(str(cases / "cases.db"), create=False) as ledger:
        last = Casework(ledger).history(told.cases[0].case)[-1].event
    assert last.kind == "minutes"
    assert last.data["reference"] == reference_of(told)


def test_the_twin_lies_beside(office, cases):
    """The data are beside the PDF, for its owner alone, and hold what was corrected."""
    assert _make(office, cases) == 0

    twin = cases / "minutes.json"
    assert twin.stat().st_mode & 0o077 == 0
    told = json.loads(twin.read_text())
    assert len(told["cases"]) == 2
    assert told["cases"][0]["corrections"][0]["before"] == VALUES["sex"]


def test_missing_signatures_are_named(office, cases, capsys):
    """Verifying says who is missing, and fails."""
    _make(office, cases)
    _sign(office, cases, "police")
    capsys.readouterr()

    assert _verify(office, cases) == 3

    shown = capsys.readouterr().out
    assert shown.startswith("A REQUIRED SIGNATURE IS MISSING")
    assert "A valid signature is missing of: Chức vụ" in shown
    assert "(chairman)" in shown
    assert "(site)" in shown
    assert _verify(office, cases, "--require", "police") == 0


def test_the_wrong_signer_writes_nothing(office, cases, capsys):
    """Signing in another's place is refused, and the file is as it was."""
    _make(office, cases)
    before = (cases / "minutes.pdf").read_bytes()

    assert _sign(office, cases, "police", by="site") == 1

    assert (cases / "minutes.pdf").read_bytes() == before
    assert "another name" in capsys.readouterr().err


def test_signed_minutes_are_never_written_over(office, cases, capsys):
    """What somebody signed, or is no minutes, stays; unsigned minutes give way."""
    assert _make(office, cases) == 0
    assert _make(office, cases) == 0
    _sign(office, cases, "site")
    before = (cases / "minutes.pdf").read_bytes()
    (cases / "other.pdf").write_bytes(b"mine")

    assert _make(office, cases) == 1
    assert _make(office, cases, out="other.pdf") == 1

    assert (cases / "minutes.pdf").read_bytes() == before
    assert (cases / "other.pdf").read_bytes() == b"mine"
    assert "holds a signature" in capsys.readouterr().err


def test_only_valid_minutes_are_recorded(office, cases, capsys):
    """Nothing is recorded of minutes that somebody has yet to sign."""
    _make(office, cases)
    _sign(office, cases, "site")

    assert _record(office, cases) == 1

    assert "incomplete" in capsys.readouterr().err
    assert State.MINUTES not in _states(cases)


def test_minutes_signed_on_paper_are_recorded_by_who_answers_for_it(office, cases):
    """Without a digital signature somebody says so, and is named in the ledger."""
    _make(office, cases)

    assert _record(office, cases, "--signed-on-paper") == 0

    assert _states(cases).count(State.MINUTES) == 2


def test_nothing_is_recorded_twice(office, cases, capsys):
    """Cases that were touched since the minutes were drawn up stop the recording."""
    _make(office, cases)
    _record(office, cases, "--signed-on-paper")
    size = _size(cases)

    assert _record(office, cases, "--signed-on-paper") == 1

    assert "touched since" in capsys.readouterr().err
    assert _size(cases) == size


def _size(cases):
    with open_ledger(str(cases / "cases.db"), create=False) as ledger:
        return ledger.size


def test_an_office_records_its_own_cases_only(office, cases, capsys):
    """Another commune is refused, and nothing is written."""
    _make(office, cases)
    size = _size(cases)

    code = run(
        ["certify", "minutes", "record", str(cases / "minutes.pdf"), "--signed-on-paper",
         "--ledger", str(cases / "cases.db"), "--by", "ai-do", "--office", "26740"]
    )  # fmt: skip

    assert code == 1
    assert "nothing was recorded" in capsys.readouterr().err
    assert _size(cases) == size


def test_how_they_were_signed_must_be_said(office, cases):
    """Neither, or both, is no answer."""
    _make(office, cases)
    trust = ("--trust", str(office / "trust"))

    assert _record(office, cases, "--lang", "en") == 2
    assert _record(office, cases, *trust, "--signed-on-paper") == 2


def test_a_commune_without_confirmed_cases_has_no_minutes(office, cases, capsys):
    """What to look at next is said."""
    code = _make(office, cases, "--commune", "26740")

    assert code == 1
    assert "casework status" in capsys.readouterr().err
    assert not (cases / "minutes.pdf").exists()


def test_cases_can_be_chosen(office, cases):
    """Minutes may be of some of the confirmed cases, and of no other."""
    _make(office, cases)
    one = read_minutes((cases / "minutes.pdf").read_bytes()).cases[0].case

    assert _make(office, cases, "--case", one, out="one.pdf") == 0
    assert len(read_minutes((cases / "one.pdf").read_bytes()).cases) == 1
    assert _make(office, cases, "--case", "none", out="two.pdf") == 1


def test_a_scan_is_attached_and_told(office, cases, capsys):
    """A scan of a paper signature is told as what it is."""
    _make(office, cases)
    scan = cases / "scan.pdf"
    scan.write_bytes(b"%PDF-1.4\n%%EOF\n")

    code = run(
        ["certify", "minutes", "attach", str(cases / "minutes.pdf"), str(scan), "--role", "site",
         "--by", "Văn thư", "--office", BODY]
    )  # fmt: skip

    assert code == 0
    capsys.readouterr()
    assert _verify(office, cases) == 3
    assert "no digital signature" in capsys.readouterr().out


def test_what_is_no_minutes_is_said(office, cases, capsys):
    """A file of another kind ends in a verdict to verify, and in an error to sign."""
    (cases / "minutes.pdf").write_bytes(b"%PDF-1.4\n")

    assert _verify(office, cases) == 3
    assert _sign(office, cases, "site") == 1
    assert "Traceback" not in capsys.readouterr().err


def test_stale_lists_are_unknown(office, cases):
    """What cannot be checked any more has an exit code of its own."""
    _make(office, cases)
    for role in NAMES:
        _sign(office, cases, role)
    later = (NOW + timedelta(days=60)).strftime("%Y-%m-%d")

    assert _verify(office, cases, "--at", later) == 4
