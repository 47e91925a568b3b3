"""What the package shows to the world: names, words, weight, silence."""

import importlib
import json
import pickle
import pkgutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path

import attrs
import pytest

import vnvaxmatch
from vnvaxmatch import errors

SNAPSHOT = Path(__file__).parent / "snapshots" / "codes.json"
HEAVY = (
    "asyncio", "click", "cryptography", "duckdb", "httpx", "hypothesis", "importlib.metadata",
    "numpy", "phonenumbers", "pyarrow", "pytest", "rich", "sqlite3", "xlsxwriter",
)  # fmt: skip


def modules() -> list[str]:
    """All modules, but for the faces that need what the core does not."""
    found = pkgutil.walk_packages(vnvaxmatch.__path__, "vnvaxmatch.")
    return sorted(module.name for module in found if not module.name.endswith("__main__"))


def enumerations() -> dict[str, list[str]]:
    """Every StrEnum that is API, with its words."""
    floors = (
        "normalize", "outcome", "records", "compare", "blocking", "model", "policy", "explain",
        "backends", "ledger", "casework", "certify", "server",
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for name in modules():
        if name.split(".")[1] in floors:
            for thing in vars(importlib.import_module(name)).values():
                own = isinstance(thing, type) and thing.__module__ == name
                if own and issubclass(thing, StrEnum) and not thing.__name__.startswith("_"):
                    found[f"{name}.{thing.__name__}"] = [word.value for word in thing]
    return found


def records() -> list[type]:
    """Every attrs class of the core floors that holds something personal."""
    return [
        thing
        for name in ("records", "compare", "blocking", "policy", "normalize", "backends")
        for thing in vars(importlib.import_module(f"vnvaxmatch.{name}")).values()
        if isinstance(thing, type) and attrs.has(thing)
    ]


def test_the_public_names_are_sorted_and_there() -> None:
    """``__all__`` is the public interface, and each of its names exists."""
    names = vnvaxmatch.__all__
    assert names == sorted(names)
    assert len(set(names)) == len(names)
    assert all(hasattr(vnvaxmatch, name) for name in names)


@pytest.mark.parametrize("name", [n for n in modules() if n.count(".") < 3])
def test_every_module_says_what_it_offers(name: str) -> None:
    """A module's ``__all__`` names things that it has."""
    if name.startswith("vnvaxmatch.backends.duckdb"):
        pytest.importorskip("duckdb", reason="the extra bulk is not installed")
    module = importlib.import_module(name)
    assert all(hasattr(module, offered) for offered in getattr(module, "__all__", ()))


def test_enumerated_words_are_frozen() -> None:
    """Codes are API: changing one is breaking, adding one is written into the snapshot.

    Run ``python tests/test_package.py`` to write it anew, and look at the difference.
    """
    assert enumerations() == json.loads(SNAPSHOT.read_text("utf-8"))


def test_importing_loads_nothing_heavy() -> None:
    """Whoever imports the library does not pay for its optional parts."""
    code = f"import sys, vnvaxmatch; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_importing_is_fast() -> None:
    """The library is there in less than 100 ms of processor time, once in twenty at the least."""
    code = "import time; t = time.process_time(); import vnvaxmatch; print(time.process_time() - t)"

    def seconds() -> float:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        return float(done.stdout)

    assert any(seconds() < 0.1 for _ in range(20))


@pytest.mark.parametrize("record", records(), ids=lambda record: record.__name__)
def test_records_are_frozen_and_have_no_room_for_more(record: type) -> None:
    """A record cannot be changed, and has slots."""
    assert record.__setattr__ is not object.__setattr__
    assert "__slots__" in vars(record)


@pytest.mark.parametrize(
    ("record", "personal"),
    [
        ("BirthDate", {"year", "month", "day"}),
        ("PersonName", {"text", "key"}),
        ("IdNumber", {"text"}),
        ("Phone", {"text", "readings"}),
        ("Commune", {"text"}),
        ("Normalized", {"value"}),
        ("Claim", {"former_numbers"}),
        ("Entry", {"key", "name", "birth", "sex", "number", "former_numbers", "commune", "phone"}),
        ("Dose", {"lot", "site"}),
        ("Evidence", {"entry_key"}),
        ("Key", {"value"}),
        ("Verdict", {"candidates"}),
        ("Decision", {"candidates"}),
    ],
)
def test_personal_fields_are_redacted(record: str, personal: set[str]) -> None:
    """The fields that hold somebody's data are those whose repr is redacted."""
    known = {thing.__name__: thing for thing in (*records(), vnvaxmatch.Normalized)}
    fields = attrs.fields(known[record])
    assert personal <= {field.name for field in fields if callable(field.repr) or not field.repr}


def made(kind: type[errors.VnvaxmatchError]) -> errors.VnvaxmatchError:
    """Make an error of a kind, of as many plain arguments as it takes."""
    more = {"ConflictError": ("case/1", 2, 3), "SignerRefusedError": ("words", ("word",), "words")}
    return kind(*more.get(kind.__name__, ("words",)))


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_pickle(name: str) -> None:
    """An error that crosses a process boundary is the same afterwards."""
    error = made(getattr(errors, name))
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, str(again)) == (type(error), error.args, str(error))


def test_every_error_is_in_the_one_tree() -> None:
    """Catching the root catches all of them."""
    assert all(issubclass(getattr(errors, n), errors.VnvaxmatchError) for n in errors.__all__)


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(enumerations(), indent=1) + "\n", "utf-8")
