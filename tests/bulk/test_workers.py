"""Workers that fail: what comes out, and that nothing hangs."""

import os
import signal

import pyarrow as pa
import pytest

from vnvaxmatch.bulk.reading import ReadingRules
from vnvaxmatch.bulk.workers import Workers, can_fork
from vnvaxmatch.errors import RegistryError, VnvaxmatchError

pytestmark = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux only")

BATCH = pa.RecordBatch.from_pydict({"full_name": ["x"]})


class Dying:
    """A judge whose process is killed at the first batch, as by a system without memory."""

    def judge(self, batch, first_row):
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


class Failing:
    """A judge that cannot read its registry."""

    def judge(self, batch, first_row):
        """Fail as a registry does."""
        raise RegistryError("the registry cannot be read")


@pytest.mark.parametrize("batches", [1, 2, 7])
def test_a_killed_worker_is_one_clear_error(batches):
    """Whenever it is noticed, the answer says what happened and what to do."""
    with (
        pytest.raises(VnvaxmatchError, match=r"worker process was killed.*--threads 1"),
        Workers(lambda rules: Dying(), count=2) as workers,
    ):
        list(workers.judge([BATCH] * batches, ReadingRules()))


def test_an_error_of_a_worker_comes_out_as_it_is():
    """What a judge raises in a worker is raised where the results are waited for."""
    with (
        pytest.raises(RegistryError, match="cannot be read"),
        Workers(lambda rules: Failing(), count=2) as workers,
    ):
        list(workers.judge([BATCH] * 3, ReadingRules()))
