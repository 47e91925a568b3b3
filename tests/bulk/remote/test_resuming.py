"""Where nobody answers, or a run is broken off: nobody is wrong for it, nobody asked twice."""

import asyncio

import pytest

from vnvaxmatch.backends.remote import Failure, LocalTransport, Response
from vnvaxmatch.bulk.remote import folder_of
from vnvaxmatch.errors import InputError, NotAuthorisedError, OutputError, UnreachableError
from vnvaxmatch.policy import Disclosure

from .lists import coarse, local, results, verified


def test_an_outage_makes_nobody_wrong(made_up, osia, tmp_path):
    """Rows without an answer are undetermined: not wrong, not in a worklist; the others stand."""
    osia.fault = lambda number, times: 503 if number % 5 == 0 else None

    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out")

    here = local(made_up, tmp_path / "local")
    rows = results(tmp_path / "out")
    left = [row for row in rows if row["outcome"] == "undetermined"]
    assert left
    assert {row["official"] for row in left} == {None}
    assert all("not_answered" in row["reasons"].split(";") for row in left)
    assert all(row[f"{f}_level"] is None for row in left for f in ("name", "sex", "id_number"))
    answered = {row["row"] for row in rows} - {row["row"] for row in left}
    assert [o for o in coarse(rows) if o[0] in answered] == [
        o for o in coarse(here) if o[0] in answered
    ]
    assert run.summary["outcomes"]["undetermined"] == len(left)
    assert sum(run.summary["official"].values()) == len(rows)
    assert run.summary["official"]["null"] >= len(left)
    wrong = sum(row["outcome"] in ("mismatched", "not_found") for row in rows)
    assert run.summary["official"]["false"] == wrong
    assert run.manifest["asked"]["undetermined"] > 0
    dirty = ("mismatched", "not_found", "incomplete", "malformed", "ambiguous")
    assert sum(run.summary["classes"].values()) == sum(row["outcome"] in dirty for row in rows)
    assert folder_of(tmp_path / "out").exists()


def test_who_got_no_answer_is_asked_once_more_after_all_others(made_up, osia, tmp_path):
    """A final round, with a new name for the question, and the run says how many."""
    osia.fault = lambda number, times: 500 if number % 40 == 0 and times <= 2 else None

    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out", lang="en")

    again = [what for what, count in osia.asked.items() if count > 1]
    assert again
    assert run.manifest["asked"]["undetermined"] == 0
    assert f"{len(again)} people had no answer and were asked about again" in " ".join(run.notes)
    for what in again:
        first, repeat, later = osia.names[what]
        assert first == repeat != later
    assert not folder_of(tmp_path / "out").exists()


def test_a_resumed_run_asks_only_who_got_no_answer(made_up, osia, tmp_path):
    """After an outage the same command with resume ends with the results of a quiet day."""
    osia.fault = lambda number, times: 503 if number % 7 == 0 else None
    first = verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    before = osia.asked.copy()
    osia.fault = lambda number, times: None

    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    later = osia.asked - before
    assert len(later) == first.manifest["asked"]["undetermined"] > 0
    assert set(later.values()) == {1}
    assert run.manifest["asked"]["undetermined"] == 0
    assert coarse(results(tmp_path / "out")) == coarse(local(made_up, tmp_path / "local"))
    assert not folder_of(tmp_path / "out").exists()


def test_an_error_that_ends_the_run_keeps_what_was_answered(made_up, osia, tmp_path):
    """A permission that is withdrawn half-way is told with the way to go on; nobody is lost."""
    osia.fault = lambda number, times: 403 if number == 60 else None
    with pytest.raises(NotAuthorisedError, match="--resume"):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    before = osia.asked.copy()
    osia.fault = lambda number, times: None

    verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    asked_twice = [what for what, count in osia.asked.items() if count > 1]
    assert len(before) >= 60
    assert len(asked_twice) <= 16
    for what in asked_twice:
        assert len(set(osia.names[what])) == 1, "the same question keeps its name"
    assert coarse(results(tmp_path / "out")) == coarse(local(made_up, tmp_path / "local"))


def test_without_resume_nothing_is_thrown_away(made_up, osia, tmp_path):
    """Where an unfinished run lies, the line says what to do."""
    osia.fault = lambda number, times: 503 if number == 3 else None
    verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    before = (folder_of(tmp_path / "out") / "journal").read_bytes()

    with pytest.raises(OutputError, match="go on with it with --resume, or delete"):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out")

    assert (folder_of(tmp_path / "out") / "journal").read_bytes() == before


def test_resume_without_a_beginning_begins(made_up, osia, tmp_path):
    """There is nothing to go on with, so all are asked."""
    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    assert run.manifest["asked"]["answered"] == len(osia.asked) > 0


def test_a_finished_journal_needs_no_network(made_up, osia, tmp_path):
    """A run that was stopped while it wrote its results is ended without asking anybody."""

    def stop(stage, *_):
        if stage == "verify":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out", progress=stop)
    assert not (tmp_path / "out").exists()
    osia.tokens = frozenset()  # whoever asks is refused

    verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    assert set(osia.asked.values()) == {1}
    assert coarse(results(tmp_path / "out")) == coarse(local(made_up, tmp_path / "local"))


def test_a_registry_that_is_gone_keeps_what_was_answered(made_up, osia, tmp_path):
    """A resumed run that finds nobody there says so, and how to go on; the answers stay."""
    osia.fault = lambda number, times: 503 if number == 3 else None
    verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    before = (folder_of(tmp_path / "out") / "journal").read_bytes()
    gone = LocalTransport(lambda request: Failure.REFUSED).awaited

    with pytest.raises(UnreachableError, match=r"nothing listens there.*--resume"):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True,
                 client={"transport": gone})  # fmt: skip

    assert (folder_of(tmp_path / "out") / "journal").read_bytes() == before
    assert (tmp_path / "out" / "results.csv").exists()


@pytest.mark.parametrize("line", [0, 1, 5])
def test_a_damaged_journal_is_refused_and_left(made_up, osia, tmp_path, line):
    """Nothing is asked, written or removed; and nobody is told to resume what cannot be."""
    osia.fault = lambda number, times: 503 if number == 3 else None
    verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    journal = folder_of(tmp_path / "out") / "journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[line] = lines[line].replace(b" ", b"  ", 1)
    journal.write_bytes(b"".join(lines))
    before, asked = journal.read_bytes(), osia.asked.total()

    with pytest.raises(OutputError, match="delete that folder") as caught:
        verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True)

    assert "--resume" not in str(caught.value)
    assert (journal.read_bytes(), osia.asked.total()) == (before, asked)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"codec": "fhir", "codec_options": {}}, "codec"),
        ({"codec_options": {"operation": "verify"}}, "codec options"),
        ({"disclosure": Disclosure.VERDICT}, "disclosure"),
        ({"options": None}, "reference date"),
    ],
)
def test_another_run_does_not_go_on_with_it(made_up, osia, tmp_path, change, word):
    """What differs is named in one line, nobody is asked, and the journal stays as it is."""
    osia.fault = lambda number, times: 503 if number == 3 else None
    verified(made_up / "doses.csv", osia.url, tmp_path / "out")
    before = (folder_of(tmp_path / "out") / "journal").read_bytes()
    asked = osia.asked.total()

    with pytest.raises(OutputError, match=f"begun with another {word}"):
        verified(made_up / "doses.csv", osia.url, tmp_path / "out", resume=True, **change)

    assert osia.asked.total() == asked
    assert (folder_of(tmp_path / "out") / "journal").read_bytes() == before


def test_another_list_or_address_does_not_go_on_with_it(made_up, osia, tmp_path):
    """Not even one row more, nor another path."""
    doses = tmp_path / "doses.csv"
    doses.write_bytes((made_up / "doses.csv").read_bytes())
    osia.fault = lambda number, times: 503 if number == 3 else None
    verified(doses, osia.url, tmp_path / "out")

    with pytest.raises(OutputError, match="another address"):
        verified(doses, osia.url + "/osia", tmp_path / "out", resume=True)
    with doses.open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(OutputError, match="another list"):
        verified(doses, osia.url, tmp_path / "out", resume=True)


def test_a_list_that_changes_meanwhile_gives_no_results(made_up, tmp_path):
    """Answers are never put beside other rows than those that were asked about."""
    doses = tmp_path / "doses.csv"
    doses.write_bytes((made_up / "doses.csv").read_bytes())

    def answer(request):
        text = doses.read_text("utf-8-sig")
        doses.write_text(text.replace("Nam", "Nữ"), "utf-8")
        return Response(200, b"[]", {"content-type": "application/json"})

    with pytest.raises(InputError, match="changed while it was being read"):
        verified(doses, "https://registry.example", tmp_path / "out",
                 client={"transport": LocalTransport(answer).awaited})  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_it_works_where_an_event_loop_runs_already(made_up, osia, tmp_path):
    """As in a notebook."""

    async def cell():
        return verified(made_up / "doses.csv", osia.url, tmp_path / "out")

    assert asyncio.run(cell()).manifest["asked"]["undetermined"] == 0


def test_progress_tells_how_many_of_how_many(made_up, osia, tmp_path):
    """The people who are to be asked are known before the first is."""
    told = []
    osia.fault = lambda number, times: 503 if number % 9 == 0 else None

    run = verified(made_up / "doses.csv", osia.url, tmp_path / "out",
                   progress=lambda *each: told.append(each))  # fmt: skip

    asked = [(done, total) for stage, done, total in told if stage == "ask"]
    people = run.manifest["asked"]["people"]
    assert {total for _, total in asked} == {people}
    assert [done for done, _ in asked] == sorted(done for done, _ in asked)
    assert asked[-1] == (people, people)
    assert [stage for stage, *_ in told if stage in ("undetermined", "again")]
