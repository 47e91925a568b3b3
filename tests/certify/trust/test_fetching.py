from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from tests.certify.authority import NOW, TestCA
from vnvaxmatch.certify.trust import (
    Material,
    PathStatus,
    check_certificate,
    fetch_over_http,
    refreshed,
)
from vnvaxmatch.errors import CertifyError

DAY = timedelta(days=1)


def listed(address):
    """Name the address of a list in a certificate."""
    name = x509.UniformResourceIdentifier(address)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


class World:
    """An authority that says where its lists are, and whoever serves them."""

    def __init__(self):
        self.ca = TestCA("Government")
        self.ca.intermediate = self.ca.issue(
            "Served", issuer=self.ca.root, ca=True, extra=(listed("http://crl.test.invalid/root"),)
        )
        self.officer = self.ca.officer(
            with_ocsp=True, extra=(listed("http://crl.test.invalid/intermediate"),)
        )
        self.trust = self.ca.trust(crls=())
        self.down = set()
        self.asked = []

    def fetch(self, address, body):
        """Serve, unless it is down."""
        place = address.removeprefix("http://")
        self.asked.append(place)
        if place in self.down:
            raise CertifyError("down")
        if place == "ocsp.test.invalid/":
            number = ocsp.load_der_ocsp_request(body).serial_number
            assert number == self.officer.certificate.serial_number
            return self.ca.ocsp(self.officer)
        return self.ca.crl(self.ca.root if place.endswith("root") else self.ca.intermediate)

    def status(self, trust):
        """Check the officer."""
        material = Material.of(self.officer.chain)
        return check_certificate(self.officer.der, trust=trust, at=NOW, material=material).status

    def refreshed(self):
        """Fetch what there is."""
        chain = self.officer.chain
        return refreshed(self.trust, self.officer.der, at=NOW, chain=chain, fetch=self.fetch)


@pytest.fixture
def world():
    return World()


def test_what_is_fetched_makes_it_known(world):
    """Answers are asked for first, and lists where there is no address for answers."""
    assert world.status(world.trust) is PathStatus.UNKNOWN
    assert world.status(world.refreshed()) is PathStatus.VALID
    assert world.asked == ["ocsp.test.invalid/", "crl.test.invalid/root"]


def test_a_list_serves_where_there_is_no_answer(world):
    """The responder is down, and the list is there."""
    world.down.add("ocsp.test.invalid/")

    assert world.status(world.refreshed()) is PathStatus.VALID


def test_what_is_fetched_can_say_revoked(world):
    """Fetching is what makes a revocation known."""
    world.ca.revoke(world.officer, at=NOW - DAY)

    assert world.status(world.refreshed()) is PathStatus.REVOKED


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"<html>"])
def test_what_cannot_be_fetched_stays_unknown(world, rubbish):
    """Nobody there, or rubbish: UNKNOWN, and no error."""
    world.down |= {"ocsp.test.invalid/", "crl.test.invalid/root", "crl.test.invalid/intermediate"}
    assert world.status(world.refreshed()) is PathStatus.UNKNOWN

    world.fetch = lambda *_: rubbish
    assert world.status(world.refreshed()) is PathStatus.UNKNOWN


def test_only_addresses_of_the_web_are_asked(world):
    """Files of this machine are none of a certificate's business."""
    world.officer = world.ca.officer(extra=(listed("file:///etc/passwd"),))

    world.refreshed()

    assert world.asked == ["crl.test.invalid/root"]


def test_nothing_is_fetched_for_a_stranger(world):
    """Only what leads to an anchor says where to ask."""
    officer = TestCA("Other").officer(with_ocsp=True)

    refreshed(world.trust, officer.der, at=NOW, chain=officer.chain, fetch=world.fetch)

    assert world.asked == []


def test_nobody_at_an_address_is_told():
    """Over HTTP, too, no answer is an error."""
    with pytest.raises(CertifyError, match="no answer"):
        fetch_over_http("http://127.0.0.1:9/crl", None, timeout=2)
    with pytest.raises(CertifyError, match="no answer"):
        fetch_over_http("nothing", None)
