"""``verify --registry https://…``: its options, its exit codes, and what a person is told."""

import csv
import json
import os
import pty
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vnvaxmatch.cli.app import run

HEADINGS = ["record_id", "full_name", "date_of_birth", "sex", "id_number"]
ROWS = [
    ["r1", "Nguyễn Văn Mẫu", "10/11/1985", "Nam", "001085000123"],
    ["r2", "Trần Thị Thử", "02/03/1990", "Nữ", "079190000456"],
    ["r3", "Lê Thử", "31/02/1990", "Nam", ""],
]
TOKEN = "Bearer made-up-token"


class Server:
    """Answers that all fits; ``down`` are the numbers about which it does not."""

    def __init__(self):
        self.down = set()
        self.token = None
        self.asked = []

    def status(self, handler):
        """Choose what to answer with."""
        if self.token and handler.headers["authorization"] != self.token:
            return 401
        if handler.command == "GET":
            return 404
        number = handler.path.split("/")[-2]
        self.asked.append(number)
        return 503 if number in self.down else 200


@pytest.fixture
def server():
    """A registry on this computer."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            status = state.status(self)
            self.rfile.read(int(self.headers["content-length"] or 0))
            body = b"[]" if status == 200 else b""
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("retry-after", "0")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - so http.server wants it

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

    httpd = Quiet(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{httpd.server_address[1]}/osia"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.05,))
    thread.start()
    yield state
    httpd.shutdown()
    httpd.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to be in, with a list of doses."""
    with (tmp_path / "doses.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADINGS, *ROWS])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def verify(server, *more):
    return run(["verify", "doses.csv", "--registry", server.url, "--codec", "osia",
                "--codec-option", "operation=match", "--out", "out", *more])  # fmt: skip


def outcomes(folder):
    with (folder / "out" / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return [row["outcome"] for row in csv.DictReader(file)]


def test_the_whole_job(folder, server, capfd):
    """A list is verified over the network, with nothing on standard error."""
    assert verify(server, "--lang", "en") == 0

    out, err = capfd.readouterr()
    assert err == ""
    assert "Asked over the network about 2 people; 0 without an answer" in out
    assert outcomes(folder) == ["matched", "matched", "incomplete"]
    assert sorted(server.asked) == [ROWS[0][4], ROWS[1][4]]


def test_rows_without_an_answer_have_an_exit_code(folder, server, capfd):
    """3, one line that says how many and how to go on; then resume, and 0."""
    server.down = {ROWS[1][4]}

    assert verify(server, "--lang", "en") == 3

    out, err = capfd.readouterr()
    assert "1 rows are undetermined" in err
    assert "--resume" in err
    assert "Not compared yet" in out
    assert outcomes(folder) == ["matched", "undetermined", "incomplete"]

    assert verify(server) == 1
    assert "unfinished run" in capfd.readouterr().err

    server.down, server.asked = set(), []
    assert verify(server, "--resume", "--lang", "en") == 0
    assert server.asked == [ROWS[1][4]]
    assert outcomes(folder) == ["matched", "matched", "incomplete"]
    assert sorted(p.name for p in folder.iterdir()) == ["doses.csv", "out"]


def test_a_resumed_run_goes_on_with_the_day_it_was_begun_with(folder, server, capfd):
    """Else nobody could resume after midnight; another day that is given is refused."""
    server.down = {ROWS[1][4]}
    assert verify(server, "--reference-date", "2026-01-15") == 3

    assert verify(server, "--resume", "--reference-date", "2026-01-16") == 1
    assert "another reference date" in capfd.readouterr().err
    server.down = set()
    assert verify(server, "--resume") == 0

    manifest = json.loads((folder / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["reference"] == "2026-01-15"


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_nothing_to_resume_is_said(folder, server, capfd, lang):
    """And all are asked."""
    assert verify(server, "--resume", "--lang", lang) == 0

    err = capfd.readouterr().err
    assert ("nothing to resume" in err) is (lang == "en")
    assert err.count("\n") == 1
    assert len(server.asked) == 2


def test_the_token_of_a_file_is_sent_and_read_again(folder, server, capfd):
    """A wrong one is one clear line; what is renewed in the file meanwhile is taken."""
    server.token = TOKEN
    (folder / "token").write_text("another-token\n")

    assert verify(server, "--token-file", "token") == 1
    err = capfd.readouterr().err
    assert "does not accept the credentials" in err
    assert "token" not in err.replace("renew the token", "")
    assert not server.asked

    (folder / "token").write_text(TOKEN.removeprefix("Bearer ") + "\n")
    assert verify(server, "--token-file", "token") == 0


@pytest.mark.parametrize("content", [None, b"", b"two words", b"\xff\xfe", b"a\nb", b"x" * 200_000])
def test_a_file_without_a_token_is_refused(folder, server, capfd, content):
    """By its name, and without its content."""
    if content is not None:
        (folder / "token").write_bytes(content)

    assert verify(server, "--token-file", "token") == 1

    err = capfd.readouterr().err
    assert "--token-file" in err
    assert err.count("\n") == 1
    assert "two words" not in err
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--by", "fuzzy"], "--by is for a registry file"),
        (["--workers", "2"], "--workers is for a registry file"),
        (["--model", "m.json"], "--model is for a registry file"),
        (["--rate", "0"], "--rate"),
        (["--in-flight", "0"], "--in-flight"),
    ],
)
def test_options_that_are_not_for_it_are_refused(folder, server, capfd, arguments, word):
    """No option is ever ignored."""
    assert verify(server, *arguments) == 2

    assert word in capfd.readouterr().err
    assert not server.asked


@pytest.mark.parametrize(
    "arguments",
    [["--codec", "osia"], ["--rate", "5"], ["--token-file", "t"], ["--ca", "x"],
     ["--codec-option", "a=b"], ["--in-flight", "3"], ["--client-cert", "c"]],
)  # fmt: skip
def test_options_of_a_network_are_not_for_a_file(folder, capfd, arguments):
    """The other way round too."""
    code = run(["verify", "doses.csv", "--registry", "r.duckdb", "--out", "out", *arguments])

    assert code == 2
    assert f"{arguments[0]} is for a registry that is asked" in capfd.readouterr().err


def test_the_codec_must_be_named(folder, server, capfd):
    """Which protocol it is cannot be guessed."""
    assert run(["verify", "doses.csv", "--registry", server.url, "--out", "out"]) == 2
    assert "osia, fhir or ndxp" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("codec", "option", "words"),
    [
        ("nobody", "a=b", "no codec «nobody»"),
        ("osia", "operation", "NAME=VALUE"),
        ("osia", "operation=guess", "operation cannot be"),
        ("osia", "colour=red", "no option colour: it has operation, attributes"),
        ("osia", "attributes=name", "wants JSON"),
        ("osia", 'attributes={"x": "y"}', "the field map has x"),
        ("osia", "attributes=" + "[" * 100_000, "wants JSON"),
        ("fhir", "count=many", "wants a number"),
        ("fhir", "count=1", "count is a number of 2"),
        ("ndxp", "key=abc", "no option key"),
        ("ndxp", "ma_dvc=1", "ma_tich_hop"),
    ],
)
def test_codec_options_are_read_or_refused(folder, server, capfd, codec, option, words):
    """One line says what is wrong with one."""
    code = run(["verify", "doses.csv", "--registry", server.url, "--codec", codec,
                "--codec-option", option, "--out", "out"])  # fmt: skip

    err = capfd.readouterr().err
    assert (code, words in err, err.count("\n")) == (1, True, 1), err
    assert sorted(p.name for p in folder.iterdir()) == ["doses.csv"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://registry.example", "use https"),
        ("https://user:secret@registry.example", "must not hold a password"),
        ("https://", "cannot be read"),
        ("HTTPS://registry.example/?a=b", "ends before ?"),
        ("http://127.0.0.1:9", "nothing listens there"),
    ],
)
def test_an_address_that_cannot_be_asked(folder, capfd, address, words):
    """One line, without a secret, and nothing left behind."""
    code = run(["verify", "doses.csv", "--registry", address, "--codec", "osia", "--out", "out"])

    err = capfd.readouterr().err
    assert (code, words in err, err.count("\n")) == (1, True, 1), err
    assert "secret" not in err
    assert sorted(p.name for p in folder.iterdir()) == ["doses.csv"]


@pytest.mark.parametrize("flag", ["--ca", "--client-cert"])
def test_a_certificate_that_is_none(folder, server, capfd, flag):
    """The file is named."""
    (folder / "c.pem").write_text("no certificate")

    assert verify(server, flag, "c.pem") == 1

    err = capfd.readouterr().err
    assert "c.pem" in err
    assert err.count("\n") == 1


def test_what_is_printed_holds_no_person(folder, server, capfd):
    """On either stream, in success and in want of an answer."""
    server.down = {ROWS[1][4]}
    verify(server)
    verify(server)

    text = "".join(capfd.readouterr())
    assert not [value for row in ROWS for value in row[1:] if len(value) > 3 and value in text]


def test_progress_on_a_terminal(folder, server):
    """How many people were asked of how many, how fast, and how long still."""
    ours, theirs = pty.openpty()
    arguments = [
        sys.executable, "-m", "vnvaxmatch", "verify", "doses.csv", "--registry", server.url,
        "--codec", "osia", "--codec-option", "operation=match", "--out", "out", "--rate", "4",
    ]  # fmt: skip
    child = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65_536):
            shown += part
    except OSError:
        pass  # Linux says so when the other end is closed
    os.close(ours)
    child.communicate(timeout=60)

    text = shown.decode()
    assert child.returncode == 0
    assert "hỏi từng người" in text
    assert "2/2" in text
    assert "còn" in text
    assert "Mẫu" not in text


@pytest.mark.parametrize("missing", ["aiohttp"])
def test_without_the_extra_the_way_to_install_it(folder, server, missing):
    """A part that is not installed is named with the command that installs it."""
    script = f"import sys; sys.modules[{missing!r}] = None; from vnvaxmatch.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "verify", "doses.csv", "--registry", server.url,
         "--codec", "osia", "--out", "out"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 1
    assert "pip install 'vnvaxmatch[remote]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(p.name for p in folder.iterdir()) == ["doses.csv"]
