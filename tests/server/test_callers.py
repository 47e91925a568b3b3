"""Who asks: tokens, certificates, and what is done with those whom nobody knows."""

import datetime as dt
import hashlib
import socket
import ssl

import pytest
import urllib3
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from vnvaxmatch import match
from vnvaxmatch.backends.remote import Bearer, RemoteRegistry, tls_context
from vnvaxmatch.errors import CertificateError, InputError, NotAuthorisedError
from vnvaxmatch.ledger import MemoryLedger
from vnvaxmatch.policy import Outcome
from vnvaxmatch.server import Certificates, Guards, Tokens, new_token, server_tls
from vnvaxmatch.server.alive import is_alive
from vnvaxmatch.server.guards import Audit

from .serving import claim, get, post, serving

trustme = pytest.importorskip("trustme", reason="the development requirement trustme is missing")


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


@pytest.fixture
def tokens(tmp_path):
    """A file with the tokens of two clients, one of whom has two."""
    file = tmp_path / "tokens"
    file.write_text(
        f"# who may ask\n\nclinic-7 {digest('one')}\nclinic-8  {digest('two').upper()}\r\n"
        f"clinic-7 {digest('three')}\n",
        "utf-8",
    )
    return file


def scope(*values, name=b"authorization"):
    return {"headers": [(name, value) for value in values]}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (b"Bearer one", "clinic-7"), (b"bearer two", "clinic-8"), (b"BEARER  three ", "clinic-7"),
        (b"Bearer four", None), (b"Bearer", None), (b"Bearer ", None), (b"Basic one", None),
        (b"one", None), (b"", None), (b"Bearer \xff", None), (b"Bearer " + b"a" * 9000, None),
    ],
)  # fmt: skip
def test_a_token_names_its_client(tokens, value, name):
    """The scheme in any case, and nothing but the very token."""
    caller = Tokens(tokens).known(scope(value))
    assert (caller.name if caller else None) == name


def test_two_headers_or_none_name_nobody(tokens):
    """Nobody can tell which of two is meant."""
    known = Tokens(tokens).known
    assert known(scope(b"Bearer one", b"Bearer one")) is None
    assert known(scope()) is None


@given(st.binary(max_size=60))
def test_no_header_makes_it_raise(value):
    """Whatever the bytes, somebody is known or not."""
    made = Tokens.__new__(Tokens)
    made._known = ((bytes(32), None),)
    assert made.known(scope(b"Bearer " + value)) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no token"),
        ("# nothing\n", "holds no token"),
        ("clinic-7\n", "line 1"),
        ("clinic-7 abc\n", "line 1"),
        (f"# a\nclinic 7 {'0' * 64}\n", "line 2"),
        (f"-x {'0' * 64}\n", "line 1"),
        (f"a {'0' * 64}\nb {'0' * 64}\n", "two names have the same token"),
    ],
)
def test_a_file_that_is_not_wholly_read_is_refused(tmp_path, text, says):
    """With the line, and without what stands there."""
    file = tmp_path / "tokens"
    file.write_text(text, "utf-8")
    with pytest.raises(InputError, match=says) as raised:
        Tokens(file)
    assert "abc" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """In one line that names it."""
    with pytest.raises(InputError, match="cannot read the tokens"):
        Tokens(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        Tokens(tmp_path / "binary")


def test_reading_again_takes_changes_or_keeps_all(tokens):
    """A token that was struck out is refused; a file with an error changes nothing."""
    made = Tokens(tokens)
    tokens.write_text(f"clinic-9 {digest('nine')}\n", "utf-8")
    made.reload()
    assert made.known(scope(b"Bearer one")) is None
    assert made.known(scope(b"Bearer nine")).name == "clinic-9"
    tokens.write_text("clinic-9", "utf-8")
    with pytest.raises(InputError):
        made.reload()
    assert made.known(scope(b"Bearer nine")).name == "clinic-9"


def test_no_token_shows_in_a_repr(tokens):
    """Nor a digest, by which one could be tried."""
    assert repr(Tokens(tokens)) == f"Tokens({str(tokens)!r}, tokens=3)"


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "-a", "é", "a" * 65])
def test_a_name_that_cannot_stand_in_a_file_gets_no_token(name):
    """It is refused before anything is made."""
    with pytest.raises(InputError, match="the name of a client"):
        new_token(name)


def test_a_new_token_is_the_one_of_its_line(tmp_path):
    """And each is another."""
    token, line = new_token("clinic-7")
    (tmp_path / "tokens").write_text(line + "\n", "utf-8")
    assert Tokens(tmp_path / "tokens").known(scope(b"Bearer " + token.encode())).name == "clinic-7"
    assert new_token("clinic-7")[0] != token


def test_without_a_token_nothing_is_told(tokens):
    """401 with the scheme, the same for what is there and what is not; only health is open."""
    with serving(callers=Tokens(tokens)) as url:
        got = [
            post(url),
            post(url, authorization="Bearer four"),
            post(url, b"{"),
            post(url, path="/osia/nothing"),
            post(url, method="PUT"),
            post(url, media="text/plain"),
        ]
        pages = {path: get(url, path).status for path in ("/health/live", "/docs", "/metrics")}
    assert {one.status for one in got} == {401}
    assert {one.body for one in got} == {got[0].body}
    assert got[0].headers["www-authenticate"] == 'Bearer realm="vnvaxmatch"'
    assert pages == {"/health/live": 200, "/docs": 200, "/metrics": 401}


def test_the_real_client_asks_with_its_token(tokens):
    """And stops with a clear error when it is not taken."""
    with serving(callers=Tokens(tokens)) as url:
        with RemoteRegistry(f"{url}/osia", codec="osia", auth=Bearer("one")) as registry:
            assert match(claim(), by=registry, against=registry).outcome is Outcome.MATCHED
        with (
            RemoteRegistry(f"{url}/osia", codec="osia", auth=Bearer("four")) as registry,
            pytest.raises(NotAuthorisedError),
        ):
            match(claim(), by=registry, against=registry)


@pytest.fixture(scope="module")
def authority():
    """The authority of servers and clients."""
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority, tmp_path_factory):
    """All certificates, as files."""
    folder = tmp_path_factory.mktemp("certificates")
    server = authority.issue_cert("127.0.0.1")
    client = authority.issue_cert("clinic@registry.example", common_name="clinic-7")
    stranger = trustme.CA().issue_cert("clinic@registry.example", common_name="clinic-7")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name, made in (("server", server), ("client", client), ("stranger", stranger)):
        made.private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    return folder


def asks(url, files, **given):
    """Ask with the real client; the error, or nothing."""
    context = tls_context(ca=files / "ca.pem", **given)
    with RemoteRegistry(f"{url}/osia", codec="osia", tls=context) as registry:
        registry.probe()
        return match(claim(), by=registry, against=registry).outcome


def test_certificates_work_end_to_end(files):
    """The client is named by its certificate in the audit, with no number near it."""
    ledger = MemoryLedger()
    tls = server_tls(files / "server.pem", client_ca=files / "ca.pem")
    guards = Guards(audit=Audit(ledger, key=bytes(32), clock=lambda: dt.datetime.now(dt.UTC)))
    with serving(tls=tls, callers=Certificates(), guards=guards) as url:
        assert asks(url, files, certificate=files / "client.pem") is Outcome.MATCHED
    (line,) = [recorded.event.data for recorded in ledger.scan()]
    assert (line["client"], line["outcome"]) == ("clinic-7", "matched")


def test_without_a_certificate_the_error_says_so(files):
    """In one line, as for a certificate of an authority that nobody trusts."""
    tls = server_tls(files / "server.pem", client_ca=files / "ca.pem")
    with serving(tls=tls, callers=Certificates()) as url:
        with pytest.raises(CertificateError, match="wants a client certificate"):
            asks(url, files)
        with pytest.raises(CertificateError, match="does not accept our client certificate"):
            asks(url, files, certificate=files / "stranger.pem")


def test_tls_answers_have_strict_transport(files):
    """A browser that was there once never goes without TLS."""
    with (
        serving(tls=server_tls(files / "server.pem")) as url,
        urllib3.PoolManager(ca_certs=str(files / "ca.pem")) as pool,
    ):
        got = pool.request("GET", f"{url}/health/live")
    assert "max-age" in got.headers["strict-transport-security"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(files, version):
    """Nothing below 1.2."""
    context = ssl.create_default_context(cafile=files / "ca.pem")
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with serving(tls=server_tls(files / "server.pem")) as url:
        host, _, port = url.removeprefix("https://").partition(":")
        with (
            socket.create_connection((host, int(port)), 5) as bare,
            pytest.raises((ssl.SSLError, ConnectionError)),
        ):
            context.wrap_socket(bare, server_hostname=host)


def test_a_certificate_without_a_plain_name_is_named_by_its_fingerprint(authority):
    """So that two holders of odd names are never one client."""
    for odd in (None, "Phòng khám số 7", "a b", "-a", "a\u200b"):
        made = authority.issue_cert("a@registry.example", common_name=odd)
        pem = made.cert_chain_pems[0].bytes().decode()
        caller = Certificates().known({"extensions": {"tls": {"client_cert_chain": [pem]}}})
        assert caller.name == f"sha256:{caller.certificate}"
        assert len(caller.certificate) == 64
    assert Certificates().known({}) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("none.pem", None, None), "no such file"),
        (("server.pem", "client.key", None), "belongs to another certificate"),
        (("ca.pem", None, None), "cannot be used"),
        (("text", None, None), "cannot be used"),
        (("server.pem", None, "text"), "not a file of certificates"),
        (("server.pem", None, "none.pem"), "no such file"),
        (("server.pem", "locked.key", None), "has a password"),
    ],
)
def test_certificates_that_cannot_be_used_say_why(files, arguments, says):
    """In one line, with the options to look at."""
    (files / "text").write_text("no certificate\n", "utf-8")
    pem = (files / "client.pem").read_text()
    (files / "client.key").write_text(pem[: pem.index("-----BEGIN CERTIFICATE")])
    _lock(files / "client.key", files / "locked.key")
    certificate, key, ca = (name and files / name for name in arguments)
    with pytest.raises(CertificateError, match=says) as raised:
        server_tls(certificate, key, client_ca=ca)
    assert "--" in str(raised.value)


def _lock(plain, locked):
    key = serialization.load_pem_private_key(plain.read_bytes(), None)
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )


def test_a_client_cannot_name_its_own_address():
    """Headers that a proxy would set are not believed: by each a client would have a new name."""
    ledger = MemoryLedger()
    guards = Guards(audit=Audit(ledger, key=bytes(32), clock=lambda: dt.datetime.now(dt.UTC)))
    with serving(guards=guards) as url:
        post(url, x_forwarded_for="203.0.113.9", forwarded="for=203.0.113.9")
    (line,) = [recorded.event.data for recorded in ledger.scan()]
    assert line["client"] == "address:127.0.0.1"


def test_alive_needs_no_credentials(files, tmp_path):
    """The health check of a container works with and without TLS, tokens and certificates."""
    (tmp_path / "tokens").write_text(new_token("a")[1], "utf-8")
    found = []
    for options in (
        {"callers": Tokens(tmp_path / "tokens")},
        {"tls": server_tls(files / "server.pem")},
        {"tls": server_tls(files / "server.pem", client_ca=files / "ca.pem")},
    ):
        with serving(**options) as url:
            port = int(url.rpartition(":")[2])
            found.append(is_alive("127.0.0.1", port))
    assert found == [True, True, True]
    assert not is_alive("127.0.0.1", port, timeout=1)
