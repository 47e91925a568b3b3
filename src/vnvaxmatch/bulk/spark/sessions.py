"""A Spark session of our own, for runs from the command line; and what goes wrong in one line."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from vnvaxmatch.errors import InputError, RegistryError, VnvaxmatchError

__all__ = ["opened", "told"]

_SETTINGS: Final = {
    "spark.app.name": "vnvaxmatch verify",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "20000",
    # a row with hundreds of candidates is large: whichever bound is reached first
    "spark.sql.execution.arrow.maxBytesPerBatch": str(64 << 20),
}

_LOGGING: Final = """\
rootLogger.level = error
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.target = SYSTEM_ERR
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c{1}: %m%n%ex{0}
"""
"""Errors without the stack traces of Java."""

_MASTER: Final = re.compile(r"local|local\[(\*|[0-9]+)(,\s*[0-9]+)?\]|k8s://.+|yarn")
_STANDALONE: Final = re.compile(r"spark://(.+)")
_PATIENCE: Final = 5.0
"""Seconds to wait for a master to take a call."""


@contextlib.contextmanager
def opened(
    master: str, *, settings: Mapping[str, str], log: Path | None = None
) -> Iterator[SparkSession]:
    """Open a session on a master; what Spark has to say goes into the file ``log``, or nowhere.

    ``settings`` go before ours. Raises :class:`~vnvaxmatch.errors.InputError` where there is no
    Java, no such master, or nobody there.
    """
    _refuse_wrong(master)
    if SparkContext._active_spark_context is not None:
        raise InputError(
            "a Spark session is open in this process; use vnvaxmatch.bulk.spark.verify"
        )
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    given = {**_SETTINGS, **_local(master), **settings}
    conf = SparkConf(loadDefaults=False).setMaster(master).setAll(list(given.items()))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vnvaxmatch-spark-")))
        said = stack.enter_context((log or Path(os.devnull)).open("ab"))
        layout = folder / "log4j2.properties"
        layout.write_text(_LOGGING, encoding="ascii")
        options = f"-Dlog4j2.configurationFile={layout.as_uri()}"
        with _environment("SPARK_SUBMIT_OPTS", options), told():
            kwargs = {"stdout": said, "stderr": said}
            gateway = launch_gateway(conf, popen_kwargs=kwargs)  # type: ignore[no-untyped-call]
        stack.enter_context(_quiet())
        try:
            with told(), _signals_as_before():
                session = SparkSession(SparkContext(gateway=gateway, conf=conf))
            try:
                yield session
            finally:
                with contextlib.suppress(Exception), warnings.catch_warnings():
                    # of one that was interrupted it would say that it may be a zombie: see _end
                    warnings.simplefilter("ignore", RuntimeWarning)
                    session.stop()
        finally:
            _end(gateway)


@contextlib.contextmanager
def _signals_as_before() -> Iterator[None]:
    """Leave the handling of Ctrl-C as it was: Spark's own talks to Java amid what is being said."""
    before = signal.getsignal(signal.SIGINT)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep off the terminal what is logged of a call to Java that is interrupted."""
    nowhere = logging.NullHandler()
    logging.getLogger().addHandler(nowhere)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nowhere)


def _end(gateway: object) -> None:
    """End the Java process, and wait for it."""
    SparkContext._gateway = SparkContext._jvm = None
    process = getattr(gateway, "proc", None)
    with contextlib.suppress(Exception):
        gateway.shutdown()  # type: ignore[attr-defined]
    if process is not None:
        process.stdin.close()  # it ends by that
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _local(master: str) -> dict[str, str]:
    """Give what keeps a session that has no cluster on this machine."""
    if not master.startswith("local"):
        return {}
    return {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


def _refuse_wrong(master: str) -> None:
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise InputError(
            "Spark needs Java 17 or newer, and there is none here; install it (on Debian: "
            "apt-get install openjdk-17-jre-headless), or set JAVA_HOME"
        )
    standalone = _STANDALONE.fullmatch(master)
    if standalone is None:
        if _MASTER.fullmatch(master) is None:
            raise InputError(
                f"--master {master} is no address of a Spark cluster: write spark://HOST:7077, or "
                "local[2] for two processors of this machine"
            )
        return
    refusals = []
    for place in standalone[1].split(","):
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=_PATIENCE).close()
            return
        except (OSError, ValueError) as error:
            refusals.append(getattr(error, "strerror", None) or str(type(error).__name__))
    raise InputError(
        f"--master {master}: nobody answers there ({refusals[-1]}); is the address right, and the "
        "cluster running?"
    )


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = f"{before} {value}" if before else value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


_OURS: Final = re.compile(r"vnvaxmatch\.errors\.(\w+): (.*)")
_KNOWN: Final = (
    (
        re.compile(r"No module named '(vnvaxmatch|pyarrow|pandas|numpy|attrs?|duckdb)\b"),
        "Spark's workers run a Python that lacks «{0}»: install vnvaxmatch[spark] there too, name "
        "that Python in PYSPARK_PYTHON, or send it along (docs/how-to/spark-cluster.md)",
    ),
    (
        re.compile(r"PYTHON_VERSION_MISMATCH|Python in worker has different version"),
        "Spark's workers run another version of Python than this one; name the same in "
        "PYSPARK_PYTHON",
    ),
    (
        re.compile(r'Cannot run program "([^"]{1,200})"'),
        "Spark's workers have no program {0}: name a Python that they have in PYSPARK_PYTHON",
    ),
    (
        re.compile(r"No suitable driver|ClassNotFoundException: (\S+)[Dd]river"),
        "Spark has no JDBC driver for that database: name its jar with --jars",
    ),
    (
        re.compile(r"PATH_NOT_FOUND|FileNotFoundException|FAILED_READ_FILE"),
        "Spark's workers do not find a file, or cannot read it: --spill and the population must be "
        "on a drive that all of them have under the same path, and may read and write",
    ),
    (
        re.compile(r"Permission denied|Mkdirs failed|Unable to create|failed to create", re.I),
        "Spark's workers may not write into --spill: it must be on a drive that all of them have "
        "under the same path, and may read and write",
    ),
    (
        re.compile(r"No space left on device"),
        "a disk of the cluster is full: make room where --spill and Spark's own files are",
    ),
    (
        re.compile(r"OutOfMemoryError|JAVA_GATEWAY_EXITED|exit status 137"),
        "Spark ended for want of memory, or Java cannot be started; give its executors more",
    ),
    (
        re.compile(r"All masters are unresponsive|stopped SparkContext|was shut down"),
        "the Spark cluster is not there any more; see its log",
    ),
)
"""What Spark says, and what to do about it. Nothing else of what it says is passed on: it may name
what stands in a row."""


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what Spark raises into one line of ours, without any value of a record."""
    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise _translated(error) from None


def _translated(error: Exception) -> VnvaxmatchError:
    said = str(error)
    if ours := _OURS.search(said):
        return RegistryError(ours[2])
    for pattern, advice in _KNOWN:
        if found := pattern.search(said):
            return RegistryError(advice.format(*(found[n] for n in range(1, 1 + pattern.groups))))
    condition = getattr(error, "getCondition", lambda: None)() or type(error).__name__
    return RegistryError(f"Spark failed ({condition}); its log says more (spark.log in --spill)")
