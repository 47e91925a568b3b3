"""A package of somebody else works as the library's own do."""

import subprocess
import sys
import tomllib
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_backend"


def test_the_example_package_passes_its_own_tests(tmp_path: Path) -> None:
    """Its registry is announced, loaded by name and proven by subclassing the laws."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    metadata = tmp_path / "town_registry-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    ((group, points),) = project["entry-points"].items()
    lines = [f"{name} = {value}" for name, value in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]))
    path = [str(EXAMPLE / "src"), str(tmp_path), *sys.path]

    code = f"import sys; sys.path[:] = {path!r}; import pytest; sys.exit(pytest.main())"
    done = subprocess.run(
        [
            *(sys.executable, "-c", code),
            *("-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(EXAMPLE / "tests")),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout
