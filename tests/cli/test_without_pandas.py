"""A verification does not wait for pandas, and takes it from nobody."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.cli.lists import verified

pytestmark = pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")

LEFT_OUT = """
import sys
import pyarrow as pa
from vnvaxmatch.cli.without_pandas import leave_pandas_out
leave_pandas_out()
finders = len(sys.meta_path)
leave_pandas_out()
assert len(sys.meta_path) == finders
pa.array([1, 2])
assert "pandas" not in sys.modules
"""


@pytest.mark.parametrize(
    "after",
    [
        "",
        "assert pa.table({'a': [1]}).to_pandas().shape == (1, 1)",
        "import pandas as pd\nassert pa.array(pd.Series(['a', None])).null_count == 1",
        "import pandas as pd\nassert pa.Table.from_pandas(pd.DataFrame({'a': [1]})).num_rows == 1",
    ],
)
def test_whoever_needs_it_later_has_it(after):
    """PyArrow finds none by itself, and works with it when it is asked to."""
    subprocess.run([sys.executable, "-c", LEFT_OUT + after], check=True)


RUN = """
import sys
from vnvaxmatch.cli.app import run
assert run(sys.argv[1:]) == 0
assert "pandas" not in sys.modules
"""


@pytest.mark.parametrize("by", ["exact", "fuzzy"])
def test_a_verification_does_not_import_it(tmp_path, by):
    """Neither of our matchers makes a process wait for what it does not use."""
    person = ["Nguyễn Văn An", "10/11/1985", "Nam", "001085000123"]
    headings = ["full_name", "date_of_birth", "sex", "id_number"]
    verified(tmp_path, headings, [person], people=[["1", *person]])
    verify = ["verify", "doses.csv", "--registry", "reg.duckdb", "--by", by, "--out", "again"]
    subprocess.run([sys.executable, "-c", RUN, *verify], cwd=tmp_path, check=True)
