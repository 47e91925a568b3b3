"""The rules of the house that no linter knows."""

import importlib
import os
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import vnvaxmatch
from vnvaxmatch.normalize.tables import rows

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "vnvaxmatch"
DATA = SOURCE / "normalize" / "data"
LONGEST_FILE = 400

FOLDERS = (".ci", "benchmarks", "docs", "examples", "src", "tests")
TEXTS = {".csv", ".json", ".md", ".py", ".toml", ".txt", ".typed", ".yaml", ".yml", ""}
NOT_OURS = {"work", "__pycache__", "build", "dist"}
HOMES = ("work", "home", "root", "Users")
INDEXES = ("index-url", "find-links", "trusted-host", "pypi.org/simple", "/+simple")


def files() -> Iterator[Path]:
    """All text files of the project: those of its folders, and those at its root."""
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXTS)
    for folder in FOLDERS:
        for where, inner, names in os.walk(ROOT / folder):
            inner[:] = [name for name in inner if name not in NOT_OURS and "egg-info" not in name]
            found = (Path(where) / name for name in names)
            yield from (path for path in found if path.suffix in TEXTS)


def modules() -> list[str]:
    """All public modules."""
    found = [module.name for module in pkgutil.walk_packages(vnvaxmatch.__path__, "vnvaxmatch.")]
    return ["vnvaxmatch", *(name for name in found if not name.endswith("__main__"))]


def isort_style(name: str) -> tuple[int, str]:
    """Sort as ruff's RUF022 does: constants, then classes, then the rest."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


def tables() -> set[str]:
    """Name every table of facts."""
    return {path.stem for path in DATA.glob("*.csv")} - {"SOURCES"}


def test_every_table_has_its_source() -> None:
    """Each table has one line that says where it is from, and no line is without its table."""
    listed = [row["table"] for row in rows("SOURCES")]
    assert sorted(listed) == sorted(tables())


@pytest.mark.parametrize("row", list(rows("SOURCES")), ids=lambda row: row["table"])
def test_a_source_is_complete(row: dict[str, str]) -> None:
    """A source names the work, the month it was read, the licence, and how sure it is."""
    assert list(row) == ["table", "source", "read", "licence", "confidence"]
    assert all(cell and cell == cell.strip() for cell in row.values())
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", row["read"])


@pytest.mark.parametrize("table", sorted(tables()))
def test_a_table_is_a_table(table: str) -> None:
    """Each has rows, all of them with every column, and no heading twice."""
    found = list(rows(table))
    assert found
    assert all(None not in row and None not in row.values() for row in found)
    heading = (DATA / f"{table}.csv").read_text("utf-8").splitlines()[0].split(",")
    assert len(set(heading)) == len(heading)


def test_works_that_ask_for_it_are_named() -> None:
    """Whoever's tables we took under the MIT licence stands in NOTICE."""
    notice = (ROOT / "NOTICE").read_text("utf-8")
    works = {
        work
        for row in rows("SOURCES")
        if "MIT" in row["licence"]
        for work in re.findall(r"(?<![\w/])[a-z][\w-]*/[\w.-]+", row["source"])
    }
    assert works
    assert [work for work in works if work not in notice] == []


def test_the_readme_shows_the_two_commands_first() -> None:
    """What a newcomer meets first is how to see it work and how to test it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    first = re.search(r"^```(\w+)\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    assert first is not None
    assert first.groups() == ("bash", "make demo\nmake test\n")


def test_the_readme_names_only_commands_and_targets_that_exist() -> None:
    """Each ``make`` target in the pages is one of the Makefile."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"(?:^|`)make (\w+)", (ROOT / page).read_text("utf-8"), re.M))
        assert named
        assert named <= targets


def test_the_changelog_speaks_of_this_version() -> None:
    """The version of the package stands in the changelog."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"(?<![\d.]){re.escape(vnvaxmatch.__version__)}(?![\d.]*\d)", text)
    assert "## [Unreleased]" in text


@pytest.mark.parametrize("name", modules())
def test_every_public_module_says_what_it_offers(name: str) -> None:
    """A module has a docstring and an ``__all__``, sorted, of names that it has."""
    module = importlib.import_module(name)
    assert module.__doc__
    assert list(module.__all__) == sorted(module.__all__, key=isort_style)
    assert all(hasattr(module, offered) for offered in module.__all__)


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: p.name)
def test_no_file_has_grown_too_long(path: Path) -> None:
    """A source file of more than 400 lines is two files."""
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE


def test_no_file_names_a_place_on_some_machine() -> None:
    """Nothing here depends on where one of us keeps it, or on whose package index is near."""
    home = re.compile(rf"(?<![\w.~)}}\]]){re.escape('/')}({'|'.join(HOMES)})/\w")
    this_file = Path(__file__).resolve()
    offences = []
    for path in files():
        if path.resolve() == this_file:
            continue
        text = path.read_text("utf-8")
        if str(ROOT) in text or home.search(text) or any(index in text for index in INDEXES):
            offences.append(str(path.relative_to(ROOT)))
    assert offences == []


def test_every_text_is_utf8_with_plain_line_ends() -> None:
    """Files are read alike everywhere: UTF-8, and no carriage returns."""
    offences = []
    for path in files():
        content = path.read_bytes()
        content.decode("utf-8")
        if b"\r" in content:
            offences.append(str(path.relative_to(ROOT)))
    assert offences == []
