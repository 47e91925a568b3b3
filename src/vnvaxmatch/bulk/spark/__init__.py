"""Whole nations on a Spark cluster: the same rules over the same columns, moved by Spark.

Needs the extra ``spark``, and Java 17 or newer. The package must be there where Spark's workers
run Python (``docs/how-to/spark-cluster.md``).
"""

from importlib.util import find_spec

from vnvaxmatch.errors import MissingExtraError

# PySpark asks for pandas where Arrow is used
if find_spec("pyspark") is None or find_spec("pandas") is None:
    raise MissingExtraError("spark")

from vnvaxmatch.bulk.spark.engine import Keep, SparkEngine, persisted
from vnvaxmatch.bulk.spark.verifying import numbered, verify

__all__ = ["Keep", "SparkEngine", "numbered", "persisted", "verify"]
