"""Find a backend by its name, and a registry by its file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from vnvaxmatch.backends.magic import DUCKDB_MAGIC, SQLITE_MAGIC, magic
from vnvaxmatch.errors import BackendError, RegistryError, VnvaxmatchError

if TYPE_CHECKING:
    from vnvaxmatch.backends.duckdb import DuckDBRegistry
    from vnvaxmatch.backends.sqlite import SQLiteRegistry

__all__ = ["GROUP", "load_backend", "open_registry"]

GROUP = "vnvaxmatch.backends"
"""The entry-point group in which packages announce their matchers and registries."""


def load_backend(name: str) -> type:
    """Load the matcher or registry class that an installed package announces under a name.

    Two packages that announce the same name are an error, and so is a name that nobody announces:
    a certified result must not depend on what happens to be installed.
    """
    from importlib.metadata import entry_points  # here, because it costs most of an import

    # One package may be seen twice, as on a path where it is installed and also lies unpacked.
    announced = {
        (point.dist.name if point.dist else "?", point.value): point
        for point in entry_points(group=GROUP, name=name)
    }
    if not announced:
        known = ", ".join(sorted(entry_points(group=GROUP).names)) or "none"
        raise BackendError(
            f"there is no backend «{name}» (installed: {known}): "
            "check the name, or install the package that has it"
        )
    if len(announced) > 1:
        packages = ", ".join(sorted(package for package, _ in announced))
        raise BackendError(
            f"several packages announce the backend «{name}» ({packages}): uninstall all but one"
        )
    (((package, value), point),) = announced.items()
    try:
        loaded = point.load()
    except VnvaxmatchError:
        raise
    except Exception as error:
        raise BackendError(
            f"the backend «{name}» of {package} cannot be loaded from {value}: "
            f"{type(error).__name__}; install the package again"
        ) from error
    if not (isinstance(loaded, type) and (hasattr(loaded, "flow") or hasattr(loaded, "find"))):
        raise BackendError(
            f"the backend «{name}» of {package} is neither a matcher nor a registry: "
            "a matcher class has `flow`, a registry class has `find`"
        )
    return loaded


def open_registry(path: str | os.PathLike[str], /) -> DuckDBRegistry | SQLiteRegistry:
    """Open a registry file; its content says which kind it is, whatever its suffix.

    Raises :class:`~vnvaxmatch.errors.RegistryError`, or
    :class:`~vnvaxmatch.errors.MissingExtraError` for a DuckDB file without the extra ``bulk``.
    """
    file = Path(path)
    try:
        kind = magic(file)
    except OSError as error:
        raise RegistryError(f"cannot open the registry {file}: {error.strerror}") from error
    if kind == SQLITE_MAGIC:
        from vnvaxmatch.backends.sqlite import SQLiteRegistry

        return SQLiteRegistry(file)
    if kind == DUCKDB_MAGIC:
        from vnvaxmatch.backends.duckdb import DuckDBRegistry

        return DuckDBRegistry(file)
    raise RegistryError(f"{file} is not a registry: build one with `vnvaxmatch registry build`")
