"""A registry that fails with an error of its own is said to; its text, which may tell, is not."""

import pytest

from vnvaxmatch import MemoryRegistry
from vnvaxmatch.backends import Exact, Fuzzy
from vnvaxmatch.bulk import verify
from vnvaxmatch.errors import RegistryError

LIST = (
    "full_name,date_of_birth,sex,id_number\n"
    "Nguyễn Văn An,10/11/1985,Nam,001085000123\n"
    "Trần Thị Bé,01/02/1990,Nữ,\n"
)


class Foreign:
    """A matcher that is none of ours."""

    name = "foreign/1"

    def flow(self, claim, /, *, policy):
        """Do as ours does."""
        return Exact().flow(claim, policy=policy)


class Unreachable:
    """Answers no question, in the words of a library that repeats what it asked."""

    def __init__(self, error):
        self._error = error

    def __getattr__(self, name):
        return getattr(MemoryRegistry([]), name)

    def find(self, keys):
        """Fail."""
        raise self._error


class LibraryError(OSError):
    """As that of an HTTP library: an OSError without a number."""


@pytest.mark.parametrize("matcher", [Exact(), Fuzzy(), Foreign()], ids=lambda by: by.name)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LibraryError("no answer to /people?cccd=001085000123"), "LibraryError"),
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused"),
    ],
    ids=["library", "system"],
)
def test_an_outage_is_no_full_disk(tmp_path, matcher, error, words):
    """It is the registry that failed, not the folder; and no number stands in the message."""
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")

    with pytest.raises(RegistryError, match=f"could not be asked: {words}") as caught:
        verify(tmp_path / "list.csv", registry=Unreachable(error), by=matcher, out=tmp_path / "out")

    assert "001085000123" not in str(caught.value)
    assert caught.value.__suppress_context__
    assert [path.name for path in tmp_path.iterdir()] == ["list.csv"]
