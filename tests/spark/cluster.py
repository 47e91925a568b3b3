"""A standalone Spark cluster on the loopback: a master and workers, from PySpark's own jars."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyspark
import pytest

HAS_JAVA = shutil.which("java") is not None or bool(os.environ.get("JAVA_HOME"))
needs_java = pytest.mark.skipif(not HAS_JAVA, reason="there is no Java")

HOST = "127.0.0.1"
PATIENCE = 90
"""Seconds; a loaded machine takes long to start Java."""


def free_port():
    """Find a port that nobody listens on."""
    with socket.socket() as each:
        each.bind((HOST, 0))
        return each.getsockname()[1]


class Process:
    """One daemon of the cluster, with all that it starts, in a process group of its own."""

    def __init__(self, role, *arguments, log):
        home = Path(pyspark.__file__).parent
        java = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_LOCAL_IP": HOST, "SPARK_NO_DAEMONIZE": "1"}
        environment = {**os.environ, **java, "PYSPARK_PYTHON": sys.executable}
        with log.open("wb") as said:
            self.process = subprocess.Popen(
                [home / "bin" / "spark-class", f"org.apache.spark.deploy.{role}", *arguments],
                env={**environment, "SPARK_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )

    def kill(self):
        """End it and its executors as kill -9 does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Cluster:
    """A master and its workers; a context manager that leaves no process behind."""

    def __init__(self, folder, *, workers=2):
        self._folder = Path(folder)
        self._count = workers
        self.workers = []
        self._processes = []
        self.address = ""

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _start(self):
        port, page = free_port(), free_port()
        self.address = f"spark://{HOST}:{port}"
        self._run("master.Master", "--host", HOST, "--port", str(port), "--webui-port", str(page))
        self._wait_for(page, "ALIVE")
        for _ in range(self._count):
            self.add_worker()
        self._page = page
        self._wait_for(page, f'"aliveworkers" : {self._count}')

    def add_worker(self):
        """Start one more worker, with one processor."""
        work = self._folder / f"work-{len(self._processes)}"
        worker = self._run(
            "worker.Worker", "--host", HOST, "--cores", "1", "--memory", "1g",
            "--webui-port", str(free_port()), "--work-dir", str(work), self.address,
        )  # fmt: skip
        self.workers.append(worker)

    def _run(self, role, *arguments):
        log = self._folder / f"{role}-{len(self._processes)}.log"
        self._processes.append(Process(role, *arguments, log=log))
        return self._processes[-1]

    def _wait_for(self, page, what):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://{HOST}:{page}/json/", timeout=5) as answer,
            ):
                if what in answer.read().decode():
                    return
            time.sleep(0.2)
        raise TimeoutError(f"the cluster did not come to «{what}» in {PATIENCE} s")

    def _stop(self):
        for process in reversed(self._processes):
            process.kill()
