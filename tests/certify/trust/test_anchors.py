import pickle
from hashlib import sha256

import attrs
import pytest

from tests.certify.authority import NOW, Key, TestCA
from vnvaxmatch.certify.trust import (
    Branch,
    Material,
    PathStatus,
    Tree,
    Trust,
    check_certificate,
    load_trust,
    save_trust,
)
from vnvaxmatch.errors import CertifyError


@pytest.fixture
def ca():
    return TestCA("Government")


@pytest.fixture
def folder(tmp_path, ca):
    """A folder as a user would fill it: PEM here, DER there."""
    where = tmp_path / "trust"
    for part in ("anchors", "intermediates", "crls", "ocsps"):
        (where / "government" / part).mkdir(parents=True)
    (where / "government/anchors/root.pem").write_bytes(ca.root.pem)
    (where / "government/intermediates/one.cer").write_bytes(ca.intermediate.der)
    for number, crl in enumerate(ca.crls()):
        (where / f"government/crls/{number}.crl").write_bytes(crl)
    pin = ca.branch().roots[0].fingerprint.upper()
    colons = ":".join(pin[place : place + 2] for place in range(0, 64, 2))
    (where / "pins.csv").write_text(f"tree,sha256\ngovernment,{colons}\n", "utf-8")
    return where


def test_a_folder_is_read(folder, ca):
    """Anchors, pool and lists of a folder serve as they would from memory."""
    trust = load_trust(folder)

    checked = check_certificate(ca.officer().der, trust=trust, at=NOW)

    assert checked.status is PathStatus.VALID
    assert checked.tree is Tree.GOVERNMENT


def test_what_is_saved_is_loaded_again(tmp_path, ca):
    """Writing a trust and reading it gives the same trust."""
    officer = ca.officer(with_ocsp=True)
    trust = Trust(
        {
            Tree.GOVERNMENT: ca.branch(intermediates=officer.chain, ocsps=(ca.ocsp(officer),)),
            Tree.PUBLIC: TestCA("Other").branch(),
        }
    )

    save_trust(trust, tmp_path / "saved")
    again = load_trust(tmp_path / "saved")

    assert {tree: attrs.astuple(branch) for tree, branch in again.trees.items()} == {
        tree: attrs.astuple(branch) for tree, branch in trust.trees.items()
    }


def test_a_folder_that_is_not_empty_is_not_written_to(tmp_path, ca):
    """Old anchors do not stay beside new ones."""
    save_trust(ca.trust(), tmp_path / "saved")

    with pytest.raises(CertifyError, match="not empty"):
        save_trust(ca.trust(), tmp_path / "saved")


def test_an_anchor_without_its_pin_is_refused(ca):
    """A certificate that lies in the folder is not therefore trusted; the message gives its pin."""
    with pytest.raises(CertifyError, match=rf"not pinned.*{ca.branch().roots[0].fingerprint}"):
        ca.branch(pins=())


def test_a_pin_for_the_other_tree_does_not_serve(folder):
    """A pin counts in its own tree only."""
    pins = folder / "pins.csv"
    pins.write_text(pins.read_text("utf-8").replace("government", "public"), "utf-8")

    with pytest.raises(CertifyError, match="not pinned"):
        load_trust(folder)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("tree,sha256\ngovernment,1234\n", "64 hexadecimal digits"),
        ("tree,sha256\nprovince," + "00" * 32 + "\n", "government or public"),
        ("name,digest\nx,y\n", "columns tree"),
        ("", "not pinned"),
        ("tree,sha256\ngovernment," + "00" * 32 + "\n", "not pinned"),
    ],
)
def test_bad_pins_are_refused(folder, text, match):
    """A file of pins that cannot be read, or pins something else, makes no trust."""
    (folder / "pins.csv").write_text(text, "utf-8")

    with pytest.raises(CertifyError, match=match):
        load_trust(folder)


def test_a_pin_without_its_anchor_is_told(folder):
    """Whoever pinned an anchor expects it to be there."""
    with (folder / "pins.csv").open("a", encoding="utf-8") as pins:
        pins.write("government," + "00" * 32 + "\n")

    with pytest.raises(CertifyError, match="no such anchor"):
        load_trust(folder)


@pytest.mark.parametrize(
    "part", ["anchors/x.pem", "intermediates/x.der", "crls/x.crl", "ocsps/x.ors"]
)
@pytest.mark.parametrize("data", [b"", b"rubbish", b"-----BEGIN CERTIFICATE-----\nrubbish\n"])
def test_a_file_that_is_none_is_named(folder, part, data):
    """Which file cannot be used is said, and nothing is skipped in silence."""
    (folder / "government" / part).write_bytes(data)

    with pytest.raises(CertifyError, match=part.rpartition("/")[2]):
        load_trust(folder)


def test_a_file_of_an_unknown_kind_is_named(folder):
    """A list under a wrong name would be missed without a word; notes may lie there."""
    (folder / "government/crls/notes.txt").write_text("from the issuer", "utf-8")
    load_trust(folder)
    (folder / "government/crls/list.bin").write_bytes(b"")

    with pytest.raises(CertifyError, match=r"list\.bin is of no kind"):
        load_trust(folder)


def test_a_folder_without_anchors_is_no_trust(tmp_path):
    """None ships: without the user's anchors nothing is trusted."""
    (tmp_path / "pins.csv").write_text("tree,sha256\n", "utf-8")

    with pytest.raises(CertifyError, match="holds no anchor"):
        load_trust(tmp_path)
    with pytest.raises(CertifyError, match=r"there is no .*pins\.csv"):
        load_trust(tmp_path / "nowhere")


def test_a_key_belongs_to_one_tree(ca):
    """The same anchor in both trees would merge them."""
    with pytest.raises(CertifyError, match="in both trees"):
        Trust({Tree.GOVERNMENT: ca.branch(), Tree.PUBLIC: ca.branch()})


@pytest.mark.parametrize("kind", [Key.RSA_1024, Key.P_192])
def test_a_weak_anchor_is_refused(kind):
    """Whatever leads to a weak key can be forged."""
    with pytest.raises(CertifyError, match="weak"):
        TestCA("Weak", kind=kind).branch()


def test_an_anchor_that_is_no_authority_is_refused(ca):
    """A signer's own certificate is no anchor."""
    officer = ca.officer()

    with pytest.raises(CertifyError, match="no certificate of an authority"):
        ca.branch(anchors=(officer.der,), pins={sha256(officer.der).hexdigest()})


def test_knowledge_can_be_added(ca):
    """Fresh lists are added to a trust that stays as it is."""
    officer, trust = ca.officer(), ca.trust(crls=())
    material = Material.of(officer.chain)

    more = trust.adding(Tree.GOVERNMENT, crls=ca.crls())

    def status(one):
        return check_certificate(officer.der, trust=one, at=NOW, material=material).status

    assert (status(trust), status(more)) == (PathStatus.UNKNOWN, PathStatus.VALID)


def test_a_branch_says_how_much_it_holds_and_not_what(ca):
    """A repr holds counts."""
    assert repr(ca.branch()) == "Branch(anchors=1, pins=1, intermediates=0, crls=2, ocsps=0)"


def test_an_empty_trust_trusts_nobody(ca):
    """Without anchors every certificate is untrusted."""
    trust = Trust({Tree.GOVERNMENT: Branch()})

    checked = check_certificate(ca.officer().der, trust=trust, at=NOW)

    assert checked.status is PathStatus.UNTRUSTED


def test_a_trust_travels_between_processes(ca):
    """Pickled, it is the same trust, and has forgotten what it checked."""
    trust = ca.trust()
    material = Material.of(ca.officer().chain)
    check_certificate(ca.officer().der, trust=trust, at=NOW, material=material)

    again = pickle.loads(pickle.dumps(trust))

    assert again.remembered == {}
    checked = check_certificate(ca.officer().der, trust=again, at=NOW, material=material)
    assert checked.status is PathStatus.VALID
