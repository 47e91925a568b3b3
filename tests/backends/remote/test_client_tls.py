"""Secure connections, with certificates that the tests make."""

import datetime as dt
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.listening import serving
from vnvaxmatch.backends.remote import AsyncRemoteRegistry, Failure, RemoteRegistry, tls_context
from vnvaxmatch.backends.remote.client.tls import failure_of
from vnvaxmatch.errors import CertificateError, InputError

from .faults import Reply, Stub
from .plain import QUICK, Plain, ask_all, probe, questions

trustme = pytest.importorskip("trustme", reason="the development requirement trustme is missing")

WAYS = pytest.mark.parametrize("way", ["threads", "tasks"])
VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


@pytest.fixture(scope="module")
def authority() -> Any:
    """The authority that everybody trusts here."""
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The authority's certificate, and a client's with its key, as files."""
    folder = tmp_path_factory.mktemp("certificates")
    client = authority.issue_cert("client@registry.example")
    paths = {name: folder / f"{name}.pem" for name in ("ca", "certificate", "key", "other_key")}
    authority.cert_pem.write_to_path(paths["ca"])
    client.cert_chain_pems[0].write_to_path(paths["certificate"])
    client.private_key_pem.write_to_path(paths["key"])
    authority.issue_cert("other@registry.example").private_key_pem.write_to_path(paths["other_key"])
    return paths


def server_context(
    issuer: Any,
    *names: str,
    clients: Any = None,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
    until: dt.datetime | None = None,
) -> ssl.SSLContext:
    """Make the context of a server, which wants client certificates of an authority if given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    dates = {} if until is None else {"not_before": dt.datetime(2020, 1, 1), "not_after": until}
    issuer.issue_cert(*names or ("127.0.0.1",), **dates).configure_cert(context)
    if clients is not None:
        clients.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def echo(tls: ssl.SSLContext) -> Stub:
    return Stub(lambda seen: Reply(200, seen.body), tls=tls)


@WAYS
@VERSIONS
def test_client_certificates_work_end_to_end(
    way: str, version: ssl.TLSVersion, authority: Any, files: dict[str, Path]
) -> None:
    """With both certificates the probe is content, and all questions are answered."""
    stub = echo(server_context(authority, clients=authority, version=version))
    given = {name: files[name] for name in ("ca", "certificate", "key")}
    with serving(stub):
        assert probe(way, stub.url, tls=tls_context(**given)) is None
        got = ask_all(way, stub.url, questions(50), tls=tls_context(**given))
    assert [answer.body for answer in got[:-1]] == [request.body for request in questions(50)]
    assert stub.connections < 50


@WAYS
@VERSIONS
def test_a_missing_client_certificate_is_told_in_one_line(
    way: str, version: ssl.TLSVersion, authority: Any, files: dict[str, Path]
) -> None:
    """Though to an HTTP library it looks like a connection that broke off."""
    stub = echo(server_context(authority, clients=authority, version=version))
    with serving(stub):
        error = probe(way, stub.url, tls=tls_context(ca=files["ca"]))
    assert isinstance(error, CertificateError)
    assert "wants a client certificate; give yours" in str(error)
    assert "\n" not in str(error)


@WAYS
@VERSIONS
def test_a_client_certificate_of_a_stranger_is_told(
    way: str, version: ssl.TLSVersion, authority: Any, files: dict[str, Path]
) -> None:
    """One from an authority that the registry does not trust is another trouble than none."""
    stub = echo(server_context(authority, clients=trustme.CA(), version=version))
    context = tls_context(ca=files["ca"], certificate=files["certificate"], key=files["key"])
    with serving(stub):
        error = probe(way, stub.url, tls=context)
    assert isinstance(error, CertificateError)
    assert "does not accept our client certificate" in str(error)


UNTRUSTED: dict[str, tuple[Callable[[Any], ssl.SSLContext], str]] = {
    "unknown authority": (lambda authority: server_context(trustme.CA()), "not trusted"),
    "expired": (
        lambda authority: server_context(authority, until=dt.datetime(2021, 11, 5)),
        "expired",
    ),
    "another host": (lambda authority: server_context(authority, "other.example"), "another host"),
}


@WAYS
@pytest.mark.parametrize("what", UNTRUSTED)
def test_a_registry_that_cannot_show_who_it_is_is_told_nothing(
    way: str, what: str, authority: Any, files: dict[str, Path]
) -> None:
    """No question goes out, the run ends at once, and the error says which certificate it is."""
    make, words = UNTRUSTED[what]
    stub = echo(make(authority))
    with serving(stub):
        error = probe(way, stub.url, tls=tls_context(ca=files["ca"]))
        with pytest.raises(CertificateError, match=words):
            ask_all(way, stub.url, questions(3), tls=tls_context(ca=files["ca"]))
    assert isinstance(error, CertificateError)
    assert words in str(error)
    assert stub.seen == []


def test_a_context_that_trusts_anybody_is_refused() -> None:
    """Nobody can switch the checks off by accident."""
    blind = ssl.create_default_context()
    blind.check_hostname = False
    with pytest.raises(InputError, match="does not check"):
        RemoteRegistry("https://registry.example", codec=Plain(), tls=blind)
    blind.verify_mode = ssl.CERT_NONE
    with pytest.raises(InputError, match="does not check"):
        AsyncRemoteRegistry("https://registry.example", codec=Plain(), tls=blind)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ca": "missing"}, "ca="),
        ({"ca": "key"}, "ca="),
        ({"certificate": "missing"}, "no such file"),
        ({"certificate": "certificate", "key": "other_key"}, "another certificate"),
        ({"certificate": "certificate", "key": "ca"}, "cannot be used"),
    ],
)
def test_files_that_do_not_fit_are_told(
    given: dict[str, str], words: str, files: dict[str, Path]
) -> None:
    """Each error says what is wrong with which file."""
    paths = {option: files.get(name, Path(name)) for option, name in given.items()}
    with pytest.raises(CertificateError, match=words):
        tls_context(**paths)


def test_a_key_without_its_certificate_is_refused(files: dict[str, Path]) -> None:
    """Half of a pair is of no use."""
    with pytest.raises(InputError):
        tls_context(key=files["key"])


def test_what_is_no_trouble_of_a_network_has_no_word() -> None:
    """An exception of another kind is not explained away, and a loop of causes ends."""
    assert failure_of(ValueError()) is None
    first, second = OSError(), OSError()
    first.__cause__, second.__cause__ = second, first
    assert failure_of(first) is None
    wrapped = ConnectionResetError()
    wrapped.__cause__ = ConnectionRefusedError()
    assert failure_of(wrapped) is Failure.REFUSED


def test_new_connections_are_made_after_the_server_closed_the_old(
    authority: Any, files: dict[str, Path]
) -> None:
    """An idle connection that was closed costs no attempt."""
    stub = echo(server_context(authority))
    with serving(stub) as run:
        context = tls_context(ca=files["ca"])
        made = RemoteRegistry(stub.url, codec=Plain(), tls=context, limits=QUICK)
        with made as registry:
            registry.find(questions(1)[0])
            run(stub.stop())
            run(stub.start(stub.port))
            registry.find(questions(1)[0])
            assert registry.counts.attempts == 2
