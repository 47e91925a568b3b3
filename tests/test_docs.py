"""The documentation is whole: links lead somewhere, and generated or listed things are current."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from vnvaxmatch.backends import Fuzzy
from vnvaxmatch.backends.duckdb import ENTRIES, FORMER_NUMBERS, REJECTED
from vnvaxmatch.bulk import RESULT_SCHEMA, build_registry, verify
from vnvaxmatch.bulk.checking import CHECK_SCHEMA
from vnvaxmatch.bulk.columns import DOSE_COLUMNS, MANDATORY, POPULATION_COLUMNS
from vnvaxmatch.bulk.results import WEIGHED_SCHEMA
from vnvaxmatch.bulk.worklists import ROWS_PER_FILE, UNROUTED
from vnvaxmatch.messages import messages
from vnvaxmatch.policy import Disclosure, Outcome

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
SHOWN_ONLY = {"bash", "csv", "mermaid", "text", "toml"}
EXECUTED = {"console", "python"}


def generator() -> ModuleType:
    """Load ``docs/generate.py``."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(page: str, heading: str) -> str:
    """Give what stands under a heading, up to the next of its rank or above."""
    text = (REFERENCE / page).read_text("utf-8")
    rank = heading.partition(" ")[0]
    _, _, rest = text.partition(f"\n{heading}\n")
    assert rest, f"{page} has no «{heading}»"
    return re.split(rf"^#{{1,{len(rank)}}} ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> list[str]:
    """Give the code in the first cell of every row of the first table that has such cells."""
    found: list[str] = []
    for line in text.splitlines():
        if cell := re.match(r"\| `([^`]+)` \|", line):
            found.append(cell[1])
        elif found:
            break
    return found


def anchor(heading: str) -> str:
    """Give the fragment that a heading is linked by."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("name", ["codes.md", "headings.md", "python.md"])
def test_generated_pages_are_current(name: str) -> None:
    """What the generator writes now is what stands there: else run ``python docs/generate.py``."""
    assert (REFERENCE / name).read_text("utf-8") == generator().pages()[name]


def test_the_generator_writes_exactly_those_pages() -> None:
    """No generated page is unchecked."""
    assert set(generator().pages()) == {"codes.md", "headings.md", "python.md"}


def test_every_code_is_in_the_reference() -> None:
    """Whoever meets a code in a results file finds its words."""
    page = (REFERENCE / "codes.md").read_text("utf-8")
    for code in messages():
        prefixes = (
            "outcome.", "level.", "class.", "field.", "explain.", "state.", "event.", "role.",
            "side.", "refusal.", "cause.", "row.", "column.", "certify.",
        )  # fmt: skip
        bare = next((code.removeprefix(p) for p in prefixes if code.startswith(p)), code)
        assert f"| `{bare}` |" in page


@pytest.mark.parametrize(
    ("page", "heading", "names"),
    [
        ("results.md", "## Columns of `verify`", RESULT_SCHEMA.names),
        (
            "results.md",
            "### Of a matcher that weighs",
            WEIGHED_SCHEMA.names[len(RESULT_SCHEMA.names) :],
        ),
        ("results.md", "## Columns of `check`", CHECK_SCHEMA.names),
        ("file-formats.md", "## Columns of a list", list(DOSE_COLUMNS)),
        ("file-formats.md", "## Columns of a population file", list(POPULATION_COLUMNS)),
    ],
)
def test_columns_are_listed_in_their_order(page: str, heading: str, names: list[str]) -> None:
    """A page of reference lists the columns that the code has."""
    assert first_cells(section(page, heading)) == names


@pytest.mark.parametrize(
    ("heading", "table", "schema"),
    [
        ("## DuckDB", "Table `entries`", ENTRIES),
        ("## DuckDB", "Table `former_numbers`", FORMER_NUMBERS),
        ("## Both", "Table `rejected`", REJECTED),
    ],
)
def test_registry_tables_are_listed_with_their_columns(heading, table, schema) -> None:
    """The page on registry files lists each table as it is written."""
    _, _, rest = section("registry-file.md", heading).partition(table)
    assert first_cells(rest) == schema.names


def test_mandatory_columns_are_marked() -> None:
    """The page on file formats says of the same columns as the code that they must be there."""
    text = section("file-formats.md", "## Columns of a list")
    assert set(re.findall(r"^\| `(\w+)` \| yes \|", text, re.MULTILINE)) == set(MANDATORY)


def test_outcomes_stand_beside_their_official_answer() -> None:
    """The page on results says which outcome is đúng, sai, or neither."""
    words = {True: "true", False: "false", None: "null"}
    text = (REFERENCE / "results.md").read_text("utf-8")
    for outcome in Outcome:
        assert f"| `{outcome}` | {words[outcome.official]} |" in text


def test_summary_and_manifest_are_listed_field_by_field(tmp_path: Path) -> None:
    """The page on results names every field that a run writes, and no other."""
    people, doses = tmp_path / "people.csv", tmp_path / "doses.csv"
    row = "Nguyễn Văn Mẫu,10/11/1985,Nam,001085000123\n"
    people.write_text(f"full_name,date_of_birth,sex,id_number\n{row}", "utf-8")
    doses.write_text(f"Họ và tên,Ngày sinh,Giới tính,Số CCCD\n{row}", "utf-8")
    build_registry(people, out=tmp_path / "people.duckdb")

    run = verify(doses, registry=tmp_path / "people.duckdb", out=tmp_path / "out")

    assert set(first_cells(section("results.md", "## summary.json"))) == set(run.summary)
    assert set(first_cells(section("results.md", "## manifest.json"))) == set(run.manifest)

    weighed = verify(doses, registry=tmp_path / "people.duckdb", out=tmp_path / "out", by=Fuzzy())

    _, _, more = section("results.md", "## summary.json").partition("Of a matcher that weighs")
    assert set(first_cells(more)) == set(weighed.summary) - set(run.summary)
    assert set(weighed.manifest) == set(run.manifest)
    (line,) = re.findall(r"^\| `model` \|.*", section("results.md", "## manifest.json"), re.M)
    assert all(f"`{name}`" in line for name in weighed.manifest["model"])


def test_worklists_are_described_as_they_are() -> None:
    """The page on results gives the length of a worklist and the name of the unrouted one."""
    text = section("results.md", "## Worklists")
    assert f"{ROWS_PER_FILE:,}" in text
    assert f"`{UNROUTED}.xlsx`" in text


def test_every_disclosure_is_explained() -> None:
    """The page on results says what each disclosure tells."""
    text = (REFERENCE / "results.md").read_text("utf-8")
    assert all(f"| `{disclosure}` |" in text for disclosure in Disclosure)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link within the project leads to a file, and its fragment to a heading there."""
    text = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(\s*([^)\s]+)\s*\)", text):
        if target.startswith("https://"):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.MULTILINE)
            assert fragment in map(anchor, headings), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_says_what_it_is(page: Path) -> None:
    """Each block is marked as executed or shown only, so that none is unexecuted by mistake."""
    fences = re.findall(r"^```(.*)$", page.read_text("utf-8"), re.MULTILINE)
    assert set(fences[::2]) <= SHOWN_ONLY | EXECUTED
    assert set(fences[1::2]) <= {""}


def test_every_page_is_in_the_index() -> None:
    """Nobody has to guess that a page exists."""
    index = (DOCS / "index.md").read_text("utf-8")
    for page in DOCS.rglob("*.md"):
        assert page.name == "index.md" or f"({page.relative_to(DOCS)})" in index


def test_the_guide_uses_the_words_of_the_worklists() -> None:
    """An outcome or reason that the Vietnamese guide explains reads as in the worklist."""
    guide = (DOCS / "huong-dan.md").read_text("utf-8")
    known = {vietnamese for vietnamese, _ in messages().values()}
    tables = re.findall(r"^\| (?:Kết quả|Lý do) \|.*\n\|.*\n((?:\|.*\n)+)", guide, re.MULTILINE)
    cells = [line.split("|")[1].strip() for table in tables for line in table.splitlines()]
    assert len(cells) >= 10
    assert set(cells) <= known
