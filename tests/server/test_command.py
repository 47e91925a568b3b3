"""``vnvaxmatch serve``, as a process: what it says, how it ends, and what it refuses to do."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from vnvaxmatch import MemoryRegistry
from vnvaxmatch.backends.sqlite import SQLiteRegistry
from vnvaxmatch.cli.app import run as run_command
from vnvaxmatch.ledger import open_ledger
from vnvaxmatch.server import Life, Settings

from .serving import HELD, NUMBER, PEOPLE, get, post, raw, serving

LINES = 7
"""So many lines are said at the start."""
COMMAND = [sys.executable, "-m", "vnvaxmatch", "serve"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a registry."""
    SQLiteRegistry.build(tmp_path / "people.sqlite", PEOPLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextlib.contextmanager
def started(*options):
    """Start the command, and give it with its address once it serves; it is stopped in the end."""
    process = subprocess.Popen(
        [*COMMAND, "--registry", "people.sqlite", "--port", "0", *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            lines = [process.stderr.readline() for _ in range(LINES)]
            assert lines[0].startswith("serving at "), lines
            process.said = "".join(lines)
            yield process, lines[0].split()[2]
        finally:
            if process.poll() is None:
                process.kill()


def ended(process, number=signal.SIGTERM):
    """Send a signal, and give the exit code with what was said."""
    process.send_signal(number)
    said, complained = process.communicate(timeout=20)
    return process.returncode, said, process.said + complained


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_what_it_serves_and_stops_when_told(folder, number):
    """Exit code 0, and each line of the start is there."""
    with started("--codec", "osia,ndxp") as (process, url):
        assert post(url).body == b"true"
        code, _, said = ended(process, number)
    assert code == 0
    for words in (
        "3 people of people.sqlite, matched by exact/1",
        "osia, ndxp (reconstructed, unverified)",
        "right or wrong only",
        "anybody who reaches this address",
        "none, questions are not recorded",
        "stopped",
    ):
        assert words in said


def test_nothing_personal_is_said_anywhere(folder):
    """Not on the screen, in the access log, in the audit, or in the metrics."""
    with started("--audit", "ledger.sqlite", "--access-log", "-") as (process, url):
        post(url)
        post(url, b"{" + HELD["name"].encode())
        post(url, path=f"/osia/v1/persons/{NUMBER}/nothing")
        post(url, path=f"/osia/{NUMBER}")
        post(url, path=f"/{NUMBER}")
        get(url, f"/{NUMBER}?{NUMBER}")
        raw(
            url, f"GET /{NUMBER} HTTP/1.1\r\nhost: {NUMBER}\r\nbad header {NUMBER}\r\n\r\n".encode()
        )
        page = get(url, "/metrics").body.decode()
        _, said, complained = ended(process)
    with open_ledger("ledger.sqlite", create=False) as ledger:
        lines = [recorded.event for recorded in ledger.scan()]
    everything = said + complained + page + repr(lines)
    assert all(value not in everything for value in (NUMBER, NUMBER[:9], HELD["name"], "1985"))
    assert [json.loads(line)["status"] for line in said.splitlines()[:2]] == [200, 400]
    assert [event.data["outcome"] for event in lines] == ["matched"]


def test_tokens_are_made_used_and_read_again(folder):
    """From a new token to an answer; a token that is struck out stops to work on SIGHUP."""
    made = subprocess.run(
        [*COMMAND, "--new-token", "clinic-7", "--tokens", "tokens"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    token = made.stdout.strip()
    assert (folder / "tokens").stat().st_mode & 0o077 == 0
    assert token not in (folder / "tokens").read_text("utf-8")
    with started("--tokens", "tokens") as (process, url):
        assert post(url).status == 401
        assert post(url, authorization=f"Bearer {token}").body == b"true"
        (folder / "tokens").write_text(f"other {'0' * 64}\n", "utf-8")
        process.send_signal(signal.SIGHUP)
        until = time.monotonic() + 10
        while (status := post(url, authorization=f"Bearer {token}").status) == 200:
            assert time.monotonic() < until
        code, _, said = ended(process)
    assert (status, code) == (401, 0)
    assert "tokens read again: 1" in said
    assert token not in said


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--registry", "none.sqlite"], "cannot open the registry none.sqlite"),
        (["--codec", "soap"], "there is no codec «soap»"),
        (["--by", "none"], "there is no backend «none»"),
        (["--by", "sqlite"], "is a registry, not a matcher"),
        (["--host", "0.0.0.0"], "anybody who reaches 0.0.0.0 could ask"),
        (["--host", "0.0.0.0", "--insecure-open-to-anyone"], "in the clear"),
        (["--host", "256.1.1.1"], "could ask"),
        (["--tls-cert", "none.pem"], "there is no such file"),
        (["--tls-cert", "people.sqlite"], "cannot be used"),
        (["--tokens", "none"], "cannot read the tokens"),
        (["--disclosure", "values"], "hands whole people to whoever may ask"),
        (["--audit", "people.sqlite"], "people.sqlite"),
        (["--audit", "a.sqlite", "--audit-key", "none"], "cannot read the key"),
        (["--audit", "a.sqlite", "--audit-key", "short"], "is too short"),
        (["--access-log", "none/log"], "cannot write the log"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder, capfd, options, says):
    """With exit code 1 and no traceback; nothing is served."""
    (folder / "short").write_bytes(b"short")
    given = options if "--registry" in options else ["--registry", "people.sqlite", *options]

    assert run_command(["serve", "--port", "0", *given]) == 1

    said = capfd.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "Missing option '--registry'"),
        (["--registry", "people.sqlite", "--client-ca", "ca.pem"], "need --tls-cert"),
        (["--registry", "people.sqlite", "--audit-key", "key"], "--audit-key is for --audit"),
        (["--registry", "people.sqlite", "--codec", ","], "--codec names nothing"),
        (["--new-token", "clinic-7"], "--new-token needs --tokens"),
        (["--registry", "people.sqlite", "--port", "99999"], "--port"),
    ],
)
def test_what_was_not_understood_is_exit_code_2(folder, capfd, options, says):
    """With what is missing."""
    assert run_command(["serve", *options]) == 2
    assert says in capfd.readouterr().err


def test_a_port_that_is_taken_is_said(folder, capfd):
    """With what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run_command(["serve", "--registry", "people.sqlite", "--port", str(port)]) == 1
    said = capfd.readouterr().err
    assert f"cannot listen on 127.0.0.1, port {port}: something else listens there" in said


class Gate:
    """A registry that answers when told."""

    def __init__(self):
        self.inner = MemoryRegistry(PEOPLE)
        self.entered, self.open = threading.Event(), threading.Event()
        self.waits = False

    def find(self, keys):
        """Wait if told, and answer."""
        if self.waits:
            self.entered.set()
            self.open.wait(10)
        return self.inner.find(keys)


def test_what_runs_when_it_stops_is_finished():
    """The question that is being answered gets its answer; no connection is taken after that."""
    gate, life, got = Gate(), Life(), []
    with serving(gate, settings=Settings(threads=2), life=life) as url:
        gate.waits = True
        thread = threading.Thread(target=lambda: got.append(post(url)))
        thread.start()
        assert gate.entered.wait(10)
        life.is_stopping = True
        host, _, port = url.removeprefix("http://").partition(":")
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                socket.create_connection((host, int(port)), 1).close()
            except OSError:
                break
            time.sleep(0.02)
        else:
            pytest.fail("it still takes connections")
        gate.open.set()
        thread.join()
    assert (got[0].status, got[0].body) == (200, b"true")


def test_what_does_not_end_is_not_waited_for_longer_than_the_limit():
    """A stop comes to its end."""
    gate, life = Gate(), Life()
    settings = Settings(threads=2, stop_timeout=1, answer_timeout=2)
    began = time.monotonic()
    with serving(gate, settings=settings, life=life) as url:
        gate.waits = True
        thread = threading.Thread(target=_try, args=(url,))
        thread.start()
        assert gate.entered.wait(10)
        life.is_stopping = True
        time.sleep(1.5)
        gate.open.set()
        thread.join()
    assert time.monotonic() - began < 15


def _try(url):
    with contextlib.suppress(Exception):
        post(url)


def test_a_draining_server_is_not_ready_and_still_answers(folder):
    """So that a load balancer can take it out before connections are refused."""
    with started("--drain", "1.5") as (process, url):
        assert get(url, "/health/ready").status == 200
        process.send_signal(signal.SIGTERM)
        until = time.monotonic() + 10
        while get(url, "/health/ready").status == 200:
            assert time.monotonic() < until
        assert (post(url).status, get(url, "/health/live").status) == (200, 200)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_the_help_names_every_path_that_it_answers(capfd):
    """Whoever reads it knows where to ask."""
    assert run_command(["serve", "--help"]) == 0
    said = capfd.readouterr().out
    for path in ("/osia/v1/persons/{uin}/verify", "/fhir/Patient/$match", "/ndxp/", "/docs"):
        assert path in said
    assert not re.search(r"^.{101}", said, re.MULTILINE)


@pytest.mark.parametrize("missing", ["starlette", "uvicorn", "httptools", "prometheus_client"])
def test_without_the_extra_it_says_which(folder, missing):
    """In one line."""
    done = _without(missing)
    assert "pip install 'vnvaxmatch[server]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_needs_nothing_that_lists_need(folder):
    """An image with the extra ``server`` alone serves; here it gets as far as the registry."""
    done = _without("duckdb", "pyarrow", "numpy", "rich", "xlsxwriter", "python_calamine")
    assert "cannot open the registry none" in done.stderr


def _without(*missing):
    program = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({missing!r}))\n"
        "from vnvaxmatch.cli.app import run\n"
        "sys.exit(run(['serve', '--registry', 'none']))"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
