import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from rfc3161_client import TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response

from tests.certify.authority import NOW, TestCA
from vnvaxmatch.certify.signers import http_authority, pkcs12_signer
from vnvaxmatch.certify.trust import verify_signature
from vnvaxmatch.errors import CertifyError

CONTENT = b"vnvaxmatch.test/batch\n3\nm2Wn6y2x0kXo1mCqkY2m3wq0g3m1yJX2r0sGxJg1b1E=\n"


@contextmanager
def serving(answer, *, status=200, headers=()):
    """Serve time stamps on this machine; give the address, and what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.headers["Content-Type"], body))
            said = answer(body)
            self.send_response(status)
            for name, value in (("Content-Length", str(len(said))), *headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def ca():
    return TestCA("Government")


def signer(ca, folder, stamping):
    (folder / "signer.p12").write_bytes(ca.officer().p12(b"p"))
    return pkcs12_signer(folder / "signer.p12", "p", trust=ca.trust(), stamping=stamping)


def test_an_authority_at_an_address_is_asked(ca, tmp_path):
    """What is sent is a digest of the signature, and nothing of the content."""
    with serving(ca.stamping()) as (url, asked):
        signature = signer(ca, tmp_path, http_authority(url)).sign(CONTENT, at=NOW)

    assert verify_signature(CONTENT, signature, trust=ca.trust(), at=NOW).is_proven
    ((kind, body),) = asked
    assert kind == "application/timestamp-query"
    assert len(body) < 100
    assert CONTENT not in body


@pytest.mark.parametrize(
    ("status", "headers"), [(500, ()), (404, ()), (302, (("Location", "http://localhost/"),))]
)
def test_an_authority_that_gives_no_answer_is_told(ca, tmp_path, status, headers):
    """Errors and redirects are no answer, and nothing is signed."""
    with (
        serving(ca.stamping(), status=status, headers=headers) as (url, _),
        pytest.raises(CertifyError, match="gave no answer"),
    ):
        signer(ca, tmp_path, http_authority(url)).sign(CONTENT, at=NOW)


def test_an_authority_that_answers_without_end_is_told(ca, tmp_path):
    """Only so much is read."""
    with (
        serving(lambda _: bytes(200_000)) as (url, _),
        pytest.raises(CertifyError, match="no time stamp"),
    ):
        signer(ca, tmp_path, http_authority(url)).sign(CONTENT, at=NOW)


def test_nobody_at_the_address_is_told(ca, tmp_path):
    """An authority that is down is an error, never a signature without its stamp."""
    with serving(ca.stamping()) as (url, _):
        pass
    with pytest.raises(CertifyError, match="gave no answer"):
        signer(ca, tmp_path, http_authority(url, timeout=2)).sign(CONTENT, at=NOW)


@pytest.mark.parametrize("url", ["", "tsa.example", "file:///etc/passwd", "ftp://x/y", "http://"])
def test_what_is_no_address_is_refused(url):
    """Only http and https, and nothing on this machine."""
    with pytest.raises(CertifyError, match="no address"):
        http_authority(url)


def test_the_authority_of_the_tests_is_one_for_others(ca):
    """A foreign client takes its stamps, so that what is tested with it means something."""
    tsa = ca.tsa()
    request = TimestampRequestBuilder().data(CONTENT).build()

    answer = decode_timestamp_response(ca.stamping(tsa)(request.as_bytes()))

    verifier = (
        VerifierBuilder()
        .tsa_certificate(tsa.certificate)
        .add_intermediate_certificate(ca.intermediate.certificate)
        .add_root_certificate(ca.root.certificate)
        .nonce(request.nonce)
        .build()
    )
    assert isinstance(tsa.certificate, x509.Certificate)
    assert verifier.verify_message(answer, CONTENT)
    assert answer.tst_info.gen_time == NOW
