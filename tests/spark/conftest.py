import os

import pytest

pytest.importorskip("pyspark", reason="needs the extra spark")

from vnvaxmatch.bulk.spark.sessions import opened


@pytest.fixture(scope="module")
def session():
    """A session on two processors of this machine."""
    settings = {
        "spark.sql.shuffle.partitions": "2",
        # the database that comes with Spark writes a log where it is started
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={os.devnull}",
    }
    with opened("local[2]", settings=settings) as session:
        yield session
