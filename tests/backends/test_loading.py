"""Backends are loaded by name, and only what is announced once."""

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from vnvaxmatch import load_backend
from vnvaxmatch.backends import GROUP
from vnvaxmatch.errors import BackendError, MissingExtraError


def install(folder: Path, package: str, *, name: str, value: str) -> None:
    """Put the metadata of a made-up package into a folder that is on the path."""
    metadata = folder / f"{package}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value}\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path to install packages into."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_backend_is_loaded_by_the_name_a_package_announces(site: Path) -> None:
    """The class comes back, not an instance."""
    install(site, "town", name="town", value="vnvaxmatch.backends.memory:MemoryRegistry")
    assert load_backend("town").__name__ == "MemoryRegistry"


def test_an_unknown_name_tells_what_is_installed(site: Path) -> None:
    """The message names the names that would work."""
    install(site, "town", name="town", value="vnvaxmatch.backends.memory:MemoryRegistry")
    with pytest.raises(BackendError, match=r"no backend «village» \(installed: .*town"):
        load_backend("village")


def test_one_package_may_be_seen_twice(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is installed and also lies unpacked on the path is still one."""
    for folder in (site, site / "unpacked"):
        install(folder, "town", name="town", value="vnvaxmatch.backends.memory:MemoryRegistry")
    monkeypatch.syspath_prepend(site / "unpacked")
    assert load_backend("town").__name__ == "MemoryRegistry"


@pytest.mark.parametrize(
    ("name", "loaded"),
    [
        ("exact", "Exact"),
        ("memory", "MemoryRegistry"),
        ("sqlite", "SQLiteRegistry"),
        ("duckdb", "DuckDBRegistry"),
    ],
)
def test_our_own_are_loaded_like_any_other(name: str, loaded: str) -> None:
    """The library announces its matchers and registries as everybody does."""
    try:
        distribution("vnvaxmatch")
    except PackageNotFoundError:
        pytest.skip("vnvaxmatch is on the path, but not installed")
    assert load_backend(name).__name__ == loaded


def test_a_name_announced_twice_is_refused(site: Path) -> None:
    """No package wins by being found first."""
    install(site, "one", name="town", value="vnvaxmatch.backends.memory:MemoryRegistry")
    install(site, "two", name="town", value="vnvaxmatch.backends.exact:Exact")
    with pytest.raises(BackendError, match=r"several packages .*«town» \(one, two\)"):
        load_backend("town")


def test_a_package_that_cannot_be_loaded_is_named(site: Path) -> None:
    """Whatever it does wrong, the message says whose backend it is and from where."""
    (site / "village_registry.py").write_text("raise RuntimeError('secret')\n")
    for package, value in (
        ("gone", "nowhere:Registry"),
        ("half", "vnvaxmatch.backends.memory:Nothing"),
        ("angry", "village_registry:Registry"),
    ):
        install(site, package, name=package, value=value)
        with pytest.raises(BackendError, match=f"{package}.*cannot be loaded") as caught:
            load_backend(package)
        assert "secret" not in str(caught.value)


def test_what_is_no_backend_is_refused(site: Path) -> None:
    """A function or another class does not pass for one."""
    for package, value in (
        ("function", "vnvaxmatch.blocking:keys"),
        ("other", "vnvaxmatch.records:Entry"),
    ):
        install(site, package, name=package, value=value)
        with pytest.raises(BackendError, match="neither a matcher nor a registry"):
            load_backend(package)


def test_a_missing_extra_is_told_as_such(site: Path) -> None:
    """What to install is the message."""
    code = "from vnvaxmatch.errors import MissingExtraError\nraise MissingExtraError('bulk')\n"
    (site / "needs_bulk.py").write_text(code)
    install(site, "needs", name="needs", value="needs_bulk:Registry")
    with pytest.raises(MissingExtraError, match=r"pip install 'vnvaxmatch\[bulk\]'"):
        load_backend("needs")
