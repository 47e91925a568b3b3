"""The server against schemathesis, which asks what the server's own description allows, and not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vnvaxmatch import Entry
from vnvaxmatch.backends.sqlite import SQLiteRegistry

from .served import COMMAND, served

pytest.importorskip("schemathesis", reason="the development requirement schemathesis is missing")
pytest.importorskip("uvicorn", reason="the extra server is not installed")

EXAMPLES = "500" if os.environ.get("VNVAXMATCH_PROFILE") == "deep" else "20"
CODECS = "osia,fhir,ndxp"
PERSON, _ = Entry.read(
    key="7", name="Trần Thị Thử", birth="10/11/1985", sex="Nữ", id_number="001185000123"
)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry of one person."""
    path = tmp_path_factory.mktemp("registry") / "people.sqlite"
    SQLiteRegistry.build(path, [PERSON])
    return path


def check(address: str, folder: Path, *options: str) -> None:
    """Run all checks; nothing may be found.

    One check is left out: that whatever fits the description is taken. The description cannot say
    that an attribute is named once, or that nobody was born tomorrow, and SOAP is not described.
    """
    done = subprocess.run(
        [Path(sys.executable).parent / "schemathesis", "run", f"{address}/openapi.json",
         "--checks", "all", "--exclude-checks", "positive_data_acceptance",
         "--max-examples", EXAMPLES, "--seed", "1", "--no-color", *options],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=250,
        check=False,
    )  # fmt: skip
    if done.returncode:
        said = done.stdout + done.stderr
        pytest.fail(said[said.find("FAILURES") :], pytrace=False)


@pytest.mark.parametrize("disclosure", ["verdict", "findings"])
def test_nothing_is_found_where_anybody_may_ask(
    registry: Path, tmp_path: Path, disclosure: str
) -> None:
    """Every answer is one that the description has, to good questions and to bad ones."""
    with served(
        registry, "--codec", CODECS, "--disclosure", disclosure, log=tmp_path / "log"
    ) as address:
        check(address, tmp_path)
    said = (tmp_path / "log").read_text("utf-8")
    assert "Traceback" not in said
    assert "001185000123" not in said


@pytest.mark.parametrize("disclosure", ["verdict", "findings"])
def test_nothing_is_found_where_a_token_is_needed(
    registry: Path, tmp_path: Path, disclosure: str
) -> None:
    """The same with a token; and without it, or with another one, nobody is let in."""
    tokens = tmp_path / "tokens"
    made = subprocess.run(
        [*COMMAND, "serve", "--new-token", "tester", "--tokens", tokens],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    header = f"Authorization: Bearer {made.stdout.strip()}"
    options = ("--codec", CODECS, "--disclosure", disclosure, "--tokens", str(tokens))
    with served(registry, *options, log=tmp_path / "log") as address:
        check(address, tmp_path, "--header", header)
        check(address, tmp_path)
