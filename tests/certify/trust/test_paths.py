from datetime import UTC, datetime, timedelta
from hashlib import sha256
from unicodedata import category

import pytest
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from tests.certify.authority import NOW, Key, TestCA
from vnvaxmatch.certify.forms.certificates import name_text
from vnvaxmatch.certify.trust import (
    Branch,
    Caution,
    Fault,
    Material,
    PathStatus,
    Tree,
    Trust,
    check_certificate,
)
from vnvaxmatch.errors import CertifyError

DAY = timedelta(days=1)
REASONS = [one for one in x509.ReasonFlags if one is not x509.ReasonFlags.remove_from_crl]
ALTERED: dict[str, object] = {}


@pytest.fixture
def ca():
    return TestCA("Government")


def check(issued, trust, *, at=NOW, **how):
    material = how.pop("material", None) or Material.of(issued.chain)
    return check_certificate(issued.der, trust=trust, at=at, material=material, **how)


def altered_at_its_end(der):
    """Alter a certificate where its signature stands."""
    return der[:-1] + bytes([der[-1] ^ 1])


def told(checked):
    return checked.status, checked.reasons


def test_a_path_to_a_pinned_anchor_with_fresh_lists_is_valid(ca):
    """What leads to an anchor, and is on no list in force, is valid, and says in which tree."""
    checked = check(ca.officer(), ca.trust(Tree.PUBLIC))

    assert told(checked) == (PathStatus.VALID, ())
    assert checked.tree is Tree.PUBLIC
    assert len(checked.path) == 3
    assert checked.subject == "CN=Signing Office 7,O=Government,C=VN"
    assert checked.issuer == "CN=Government Intermediate,O=Government,C=VN"


def test_the_subject_is_not_in_the_repr(ca):
    """A certificate names a person, and a repr does not."""
    assert "Signing Office" not in repr(check(ca.officer(), ca.trust()))


def test_a_certificate_without_its_intermediate_is_found_by_the_users_own_pool(ca):
    """Some signatures bring the leaf only: then the verifier's pool of intermediates serves."""
    officer = ca.officer()
    alone = check(officer, ca.trust(), material=Material())
    pooled = check(officer, ca.trust(intermediates=officer.chain), material=Material())

    assert told(alone) == (PathStatus.UNTRUSTED, (Fault.NO_PATH,))
    assert told(pooled) == (PathStatus.VALID, ())


@pytest.mark.parametrize("reason", [None, *REASONS], ids=str)
def test_what_a_list_names_is_revoked(ca, reason):
    """A certificate on a list is revoked, whatever the reason, and says since when."""
    officer = ca.officer()
    ca.revoke(officer, at=NOW - DAY, reason=reason)

    checked = check(officer, ca.trust())

    fault = Fault.ON_HOLD if reason is x509.ReasonFlags.certificate_hold else Fault.REVOKED
    assert told(checked) == (PathStatus.REVOKED, (fault,))
    assert checked.revoked == NOW - DAY


def test_what_a_stale_list_names_is_revoked_all_the_same(ca):
    """A list out of date proves nothing good, but revocation is for good."""
    officer = ca.officer()
    ca.revoke(officer, at=NOW - DAY)

    assert check(officer, ca.trust(), at=NOW + 60 * DAY).status is PathStatus.REVOKED


def test_a_hold_that_was_lifted_is_no_longer_one(ca):
    """An older list says on hold, the list in force does not: valid."""
    officer = ca.officer()
    ca.revoke(officer, at=NOW - 9 * DAY, reason=x509.ReasonFlags.certificate_hold)
    held = ca.crls(at=NOW - 8 * DAY)
    ca.restore(officer)

    assert check(officer, ca.trust(crls=held)).status is PathStatus.REVOKED
    assert check(officer, ca.trust(crls=(*held, *ca.crls()))).status is PathStatus.VALID


def test_what_was_revoked_later_was_valid_before(ca):
    """A list of today tells of yesterday too, with a caution where it was revoked since."""
    officer = ca.officer()
    ca.revoke(officer, at=NOW - timedelta(hours=3))

    checked = check(officer, ca.trust(), at=NOW - timedelta(hours=5))

    assert told(checked) == (PathStatus.VALID, ())
    assert Caution.REVOKED_LATER in checked.cautions


def test_an_older_list_does_not_hide_a_newer_one(ca):
    """Of two lists that were both in force, the one that says revoked tells."""
    officer = ca.officer()
    clean = ca.crls(at=NOW - DAY)
    ca.revoke(officer, at=NOW - timedelta(hours=3))

    for crls in ((*clean, *ca.crls()), (*ca.crls(), *clean)):
        assert check(officer, ca.trust(crls=crls)).status is PathStatus.REVOKED


def test_a_good_answer_does_not_hide_a_list(ca):
    """OCSP says good and the list says revoked: revoked."""
    officer = ca.officer(with_ocsp=True)
    good = ca.ocsp(officer)
    ca.revoke(officer, at=NOW - timedelta(hours=3))

    assert check(officer, ca.trust(ocsps=(good,))).status is PathStatus.REVOKED


def test_a_revoked_intermediate_revokes_what_it_issued(ca):
    """Where the issuer is revoked, so is what it issued, and the reason says so."""
    officer = ca.officer()
    ca.revoke(ca.intermediate, at=NOW - DAY)

    assert told(check(officer, ca.trust())) == (PathStatus.REVOKED, (Fault.ISSUER_REVOKED,))


def test_a_list_by_another_is_no_word(ca):
    """A list that bears the name of the issuer but another's signature says nothing."""
    officer, false = ca.officer(), TestCA("Government", owner="False")
    ca_lists, false_lists = ca.crls(), false.crls()
    false.revoke(officer, at=NOW - DAY)

    assert check(officer, ca.trust(crls=(*ca_lists, *false.crls()))).status is PathStatus.VALID
    assert told(check(officer, ca.trust(crls=false_lists))) == (
        PathStatus.UNKNOWN,
        (Fault.REVOCATION_BROKEN,),
    )


@pytest.mark.parametrize(
    ("after", "fault"),
    [(6 * DAY, None), (8 * DAY, Fault.REVOCATION_STALE), (60 * DAY, Fault.REVOCATION_STALE)],
)
def test_a_stale_list_is_unknown(ca, after, fault):
    """After the day on which the next list was due, nobody knows."""
    checked = check(ca.officer(), ca.trust(), at=NOW + after)

    expected = (PathStatus.VALID, ()) if fault is None else (PathStatus.UNKNOWN, (fault,))
    assert told(checked) == expected


def test_without_any_word_on_revocation_it_is_unknown(ca):
    """UNKNOWN is never VALID."""
    checked = check(ca.officer(), ca.trust(crls=()))

    assert told(checked) == (PathStatus.UNKNOWN, (Fault.REVOCATION_MISSING,))
    assert not checked.is_valid


def test_the_list_of_the_root_alone_is_not_enough(ca):
    """Every certificate of the path wants its word, not only some."""
    only_root, only_intermediate = ca.crls()

    for crls in ((only_root,), (only_intermediate,)):
        assert check(ca.officer(), ca.trust(crls=crls)).status is PathStatus.UNKNOWN


def test_a_list_made_after_the_certificate_expired_is_no_word_on_it(ca):
    """An authority drops what has expired from its lists: their silence proves nothing."""
    officer = ca.officer(end=NOW + 5 * DAY)
    late = ca.crls(at=NOW + 30 * DAY)

    assert check(officer, ca.trust(crls=late)).status is PathStatus.UNKNOWN
    assert check(officer, ca.trust(crls=ca.crls(at=NOW + DAY))).status is PathStatus.VALID


@pytest.mark.parametrize("delegated", [False, True])
def test_an_answer_serves_instead_of_a_list(ca, delegated):
    """OCSP, by the issuer itself or by a responder that it named, tells good and revoked."""
    officer = ca.officer(with_ocsp=True)
    responder = (
        ca.issue(
            "Responder",
            issuer=ca.intermediate,
            purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,),
            no_check=True,
        )
        if delegated
        else None
    )
    root_list = ca.crls()[:1]

    def status():
        ocsps = (ca.ocsp(officer, responder=responder),)
        return check(officer, ca.trust(crls=root_list, ocsps=ocsps)).status

    assert status() is PathStatus.VALID
    ca.revoke(officer, at=NOW - DAY)
    assert status() is PathStatus.REVOKED


def test_an_answer_by_one_who_is_no_responder_is_no_word(ca):
    """Any certificate of the issuer could answer otherwise."""
    officer = ca.officer(with_ocsp=True)
    false = ca.ocsp(officer, responder=ca.officer("Another"))

    checked = check(officer, ca.trust(crls=ca.crls()[:1], ocsps=(false,)))

    assert checked.status is PathStatus.UNKNOWN


@pytest.mark.parametrize(
    ("at", "fault"),
    [(NOW + 800 * DAY, Fault.PAST_VALIDITY), (NOW - 400 * DAY, Fault.NOT_YET_VALID)],
)
def test_outside_of_its_validity_it_is_expired(ca, at, fault):
    """Before its first day and after its last a certificate is worth nothing."""
    assert told(check(ca.officer(), ca.trust(), at=at)) == (PathStatus.EXPIRED, (fault,))


def test_an_expired_anchor_carries_nothing(ca):
    """An anchor is trusted within its validity only."""
    officer = ca.officer(end=NOW + 6000 * DAY)
    at = NOW + 5000 * DAY

    checked = check(officer, ca.trust(crls=ca.crls(at=at)), at=at)

    assert checked.status is PathStatus.EXPIRED


def test_a_right_name_in_another_tree_is_untrusted():
    """Trees are not merged: a path in the one is none in the other."""
    ours, theirs = TestCA("One"), TestCA("Two")
    trust = Trust({Tree.GOVERNMENT: ours.branch(), Tree.PUBLIC: theirs.branch()})

    checked = check(theirs.officer(), trust, tree=Tree.GOVERNMENT)

    assert told(checked) == (PathStatus.UNTRUSTED, (Fault.OTHER_TREE,))
    assert check(theirs.officer(), trust, tree=Tree.PUBLIC).tree is Tree.PUBLIC
    assert check(theirs.officer(), trust).tree is Tree.PUBLIC


def test_an_intermediate_of_one_tree_does_not_serve_in_the_other():
    """Also the pools and the lists are each tree's own."""
    ours, theirs = TestCA("One"), TestCA("Two")
    officer = theirs.officer()
    trust = Trust(
        {
            Tree.GOVERNMENT: ours.branch(intermediates=officer.chain, crls=theirs.crls()),
            Tree.PUBLIC: theirs.branch(crls=()),
        }
    )

    assert check(officer, trust, material=Material()).status is PathStatus.UNTRUSTED
    assert check(officer, trust).status is PathStatus.UNKNOWN


def test_the_same_names_with_other_keys_are_untrusted(ca):
    """Whoever issues under a name that is trusted is not therefore trusted."""
    false = TestCA("Government", owner="False")

    checked = check(false.officer(), ca.trust())

    assert told(checked) == (PathStatus.UNTRUSTED, (Fault.ISSUER_OTHER_KEY,))
    assert checked.tree is None


def test_an_altered_certificate_was_not_signed_by_its_issuer(ca):
    """Nor where the names and the ids of keys are right, and only the signature is wrong."""
    officer = ca.officer()
    altered = altered_at_its_end(officer.der)

    checked = check_certificate(
        altered, trust=ca.trust(), at=NOW, material=Material.of(officer.chain)
    )

    assert told(checked) == (PathStatus.UNTRUSTED, (Fault.ISSUER_OTHER_KEY,))


def forged_of(ca):
    """Make an authority that copies the names and the ids of the keys of another."""
    false = TestCA("Government", owner="False")
    root = false.issue("Government Root", owner="False root", ca=True, key_id=ca.root.key_id.digest)
    intermediate = false.issue(
        "Government Intermediate", owner="False intermediate", issuer=root, ca=True,
        key_id=ca.intermediate.key_id.digest, serial=ca.intermediate.certificate.serial_number,
    )  # fmt: skip
    return false, root, intermediate


@pytest.mark.parametrize("came", ["nothing", "intermediate", "root", "both", "the right ones"])
@pytest.mark.parametrize("pooled", [False, True])
def test_names_and_key_ids_of_another_are_told_from_its_keys(ca, came, pooled):
    """Whatever a forged tree copies, and whatever of it comes along, the keys are others."""
    false, root, intermediate = forged_of(ca)
    officer = false.officer(issuer=intermediate)
    brought = {
        "nothing": (),
        "intermediate": (intermediate.der,),
        "root": (root.der,),
        "both": (intermediate.der, root.der),
        "the right ones": (ca.intermediate.der, ca.root.der),
    }[came]
    trust = ca.trust(intermediates=(ca.intermediate.der,) if pooled else ())

    checked = check(officer, trust, material=Material.of(brought))

    fault = Fault.ISSUER_OTHER_KEY
    if not pooled and came in ("nothing", "root"):  # nobody of the name that it gives is known
        fault = Fault.NO_PATH
    assert told(checked) == (PathStatus.UNTRUSTED, (fault,))


def test_roots_of_one_name_in_two_trees_are_two(ca):
    """Each tree's officers are found under their own root, and in the other one they are told."""
    false, root, intermediate = forged_of(ca)
    ours, theirs = ca.officer(), false.officer(issuer=intermediate)
    pin = root.certificate.fingerprint(hashes.SHA256()).hex()
    crls = (false.crl(root), false.crl(intermediate))
    trust = Trust(
        {
            Tree.GOVERNMENT: ca.branch(),
            Tree.PUBLIC: Branch(anchors=(root.der,), pins={pin}, crls=crls),
        }
    )

    for officer, own, other in (
        (ours, Tree.GOVERNMENT, Tree.PUBLIC), (theirs, Tree.PUBLIC, Tree.GOVERNMENT),
    ):  # fmt: skip
        assert told(check(officer, trust)) == (PathStatus.VALID, ())
        assert check(officer, trust).tree is own
        assert check(officer, trust, tree=own).is_valid
        assert told(check(officer, trust, tree=other)) == (
            PathStatus.UNTRUSTED,
            (Fault.OTHER_TREE,),
        )


def test_two_roots_of_one_name_in_one_tree_both_serve(ca):
    """An authority that changed its key keeps its name: each path is to the root that signed."""
    false, root, intermediate = forged_of(ca)
    anchors = (ca.root.der, root.der)
    trust = Trust(
        {
            Tree.GOVERNMENT: Branch(
                anchors=anchors,
                pins={sha256(der).hexdigest() for der in anchors},
                crls=(*ca.crls(), false.crl(root), false.crl(intermediate)),
            )
        }
    )

    for officer in (ca.officer(), false.officer(issuer=intermediate)):
        checked = check(officer, trust)
        assert told(checked) == (PathStatus.VALID, ())
        assert checked.path[-1] == sha256(officer.above[-1].public_bytes(Encoding.DER)).hexdigest()


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("pooled", [False, True])
def test_the_right_intermediate_is_found_beside_namesakes(ca, order, pooled):
    """Others of the same name, id of the key, issuer and number neither hide it nor wear it out."""
    false, root, intermediate = forged_of(ca)
    namesakes = [intermediate.der, root.der] + [
        false.issue(
            "Government Intermediate", issuer=root, owner=f"False {number}", ca=True,
            key_id=ca.intermediate.key_id.digest,
        ).der
        for number in range(12)
    ]  # fmt: skip
    several = [*namesakes, ca.intermediate.der][::order]
    trust = ca.trust(
        intermediates=several if pooled else (),
        crls=(false.crl(intermediate), *ca.crls(), false.crl(root)),
    )
    officer = ca.officer()

    checked = check(officer, trust, material=Material.of(() if pooled else several))

    assert told(checked) == (PathStatus.VALID, ())
    assert checked.path[1] == sha256(ca.intermediate.der).hexdigest()


def test_an_intermediate_of_another_kind_of_key_is_passed_over(ca):
    """A key that could not have made such a signature is a namesake's, too."""
    other = ca.issue("Government Intermediate", issuer=ca.root, ca=True, kind=Key.RSA_2048,
                     owner="Of RSA")  # fmt: skip

    checked = check(
        ca.officer(), ca.trust(), material=Material.of((other.der, ca.intermediate.der))
    )
    alone = check(ca.officer(), ca.trust(), material=Material.of((other.der,)))

    assert told(checked) == (PathStatus.VALID, ())
    assert told(alone) == (PathStatus.UNTRUSTED, (Fault.ISSUER_OTHER_KEY,))


@pytest.mark.parametrize(
    ("how", "fault"),
    [
        ({"kind": Key.RSA_1024}, Fault.KEY_WEAK),
        ({"kind": Key.P_192}, Fault.KEY_WEAK),
        ({"kind": Key.ED25519}, Fault.KEY_WEAK),
        ({"usages": ("key_encipherment",)}, Fault.KEY_USAGE_OTHER),
        ({"ca": True}, Fault.IS_AUTHORITY),
        (
            {"purposes": (ExtendedKeyUsageOID.TIME_STAMPING,), "critical_purposes": True},
            Fault.KEY_USAGE_OTHER,
        ),
    ],
)
def test_what_may_not_sign_is_untrusted(ca, how, fault):
    """Weak keys, other uses, and authorities themselves are refused, on a good path too."""
    checked = check(ca.officer("Odd", **how), ca.trust())

    assert checked.status is PathStatus.UNTRUSTED
    assert checked.reasons[0] is fault


@pytest.mark.parametrize(
    ("how", "caution"),
    [
        ({"purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, Caution.EKU_ODD),
        ({"usages": None}, Caution.KEY_USAGE_MISSING),
        ({"extra": (x509.UnrecognizedExtension(x509.oid.ExtensionOID.EXTENDED_KEY_USAGE, b"0\0"),)},
         Caution.EKU_EMPTY),
    ],
)  # fmt: skip
def test_quirks_are_accepted_with_a_caution(ca, how, caution):
    """Odd or empty purposes, or no key usage, are told and do not make it invalid."""
    checked = check(ca.officer("Quirk", **how), ca.trust())

    assert told(checked) == (PathStatus.VALID, ())
    assert checked.cautions == (caution,)


def test_the_anchor_itself_is_no_signer(ca):
    """Pinned is whom one believes about others."""
    assert Fault.IS_AUTHORITY in check(ca.root, ca.trust()).reasons


def test_only_a_certificate_for_stamping_stamps(ca):
    """Certificates of officers stamp no times, and those of time stamps sign no documents."""
    assert check(ca.tsa(), ca.trust(), stamping=True).status is PathStatus.VALID
    assert check(ca.officer(), ca.trust(), stamping=True).status is PathStatus.UNTRUSTED
    assert check(ca.tsa(), ca.trust()).status is PathStatus.UNTRUSTED


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (x509.ReasonFlags.key_compromise, PathStatus.REVOKED),
        (None, PathStatus.REVOKED),
        (x509.ReasonFlags.cessation_of_operation, PathStatus.VALID),
        (x509.ReasonFlags.superseded, PathStatus.VALID),
    ],
)
def test_a_stolen_key_makes_older_stamps_worthless(ca, reason, status):
    """What a stolen key stamps bears any date; a retired one did no harm before."""
    tsa = ca.tsa()
    ca.revoke(tsa, at=NOW - timedelta(hours=3), reason=reason)

    checked = check(tsa, ca.trust(), at=NOW - timedelta(hours=5), stamping=True)

    assert checked.status is status


def test_crossed_certificates_end_in_bounded_time(ca):
    """Authorities that all issue each other make as many paths as one likes: few are walked."""
    names = [f"Cross {number}" for number in range(8)]
    crossed = [
        ca.issue(one, issuer=ca.issue(other, ca=True, owner=f"x{other}"), ca=True, owner=f"x{one}")
        for one in names
        for other in names
        if one != other
    ]
    leaf = ca.issue("Lost", issuer=crossed[0])
    material = Material.of(one.der for one in crossed)

    started = datetime.now(UTC)
    checked = check(leaf, ca.trust(), material=material)

    assert checked.status is PathStatus.UNTRUSTED
    assert datetime.now(UTC) - started < timedelta(seconds=20)


def test_what_was_checked_is_remembered(ca):
    """The same question to the same trust is answered once."""
    officer, trust = ca.officer(), ca.trust()

    assert check(officer, trust) is check(officer, trust)
    assert check(officer, trust) is not check(officer, ca.trust())


def test_a_time_without_a_zone_is_refused(ca):
    """Nobody knows which time that is."""
    with pytest.raises(CertifyError, match="time zone"):
        check(ca.officer(), ca.trust(), at=NOW.replace(tzinfo=None))


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_certificate_or_a_certify_error(data):
    """No bytes end in anything else."""
    trust = Trust({Tree.PUBLIC: Branch()})

    with pytest.raises(CertifyError, match="no certificate"):
        check_certificate(data, trust=trust, at=NOW)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_an_altered_certificate_is_never_valid(place, bit):
    """Any bit of a certificate altered: it is none, or not trusted."""
    ca = TestCA("Government")
    officer = ALTERED.setdefault("officer", ca.officer())
    altered = bytearray(officer.der)
    altered[place % len(altered)] ^= 1 << bit

    try:
        checked = check_certificate(
            bytes(altered), trust=ca.trust(), at=NOW, material=Material.of(officer.chain)
        )
    except CertifyError:
        return
    assert checked.status is not PathStatus.VALID


@given(junk=st.lists(st.binary(max_size=60), max_size=5))
def test_rubbish_that_came_along_changes_nothing(junk):
    """What cannot be read is left: it neither helps nor harms."""
    ca = TestCA("Government")
    officer = ca.officer()
    material = Material.of((*junk, *officer.chain), crls=junk, ocsps=junk)

    assert check(officer, ca.trust(), material=material).status is PathStatus.VALID


def test_a_signer_is_no_authority(ca):
    """What an officer's certificate issues is nobody's, however good the officer's own is."""
    officer = ca.officer()
    issued = ca.issue("Below", issuer=officer)

    checked = check(issued, ca.trust(crls=(*ca.crls(), ca.crl(officer))))

    assert told(checked) == (PathStatus.UNTRUSTED, (Fault.PATH_BROKEN,))


def test_an_authority_beyond_its_length_is_none(ca):
    """An authority that may issue to signers only has no authorities below it."""
    short = x509.BasicConstraints(ca=True, path_length=0)
    upper = ca.issue("Upper", issuer=ca.root, ca=True, constraints=short)
    lower = ca.issue("Lower", issuer=upper, ca=True)
    good, bad = ca.officer("Good", issuer=upper), ca.officer("Bad", issuer=lower)
    trust = ca.trust(crls=(*ca.crls(), ca.crl(upper), ca.crl(lower)))

    assert check(good, trust).status is PathStatus.VALID
    assert told(check(bad, trust)) == (PathStatus.UNTRUSTED, (Fault.PATH_BROKEN,))


@given(name=st.text(min_size=1, max_size=16))  # of more bytes than 64 cryptography warns
def test_no_name_can_move_a_terminal(name):
    """A subject is shown as one line, left to right, whatever the certificate holds."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name, _validate=False)])

    text = name_text(asn1.Name.load(subject.public_bytes()))

    assert text.startswith("CN=")
    assert text.isprintable() or not {"Cc", "Cf", "Zl", "Zp"} & {category(one) for one in text}


def test_a_name_is_written_as_others_write_it(ca):
    """As RFC 4514 has it, most telling part first, with what it means escaped."""
    subject = ca.officer('Office, "7" + more').certificate.subject

    assert name_text(asn1.Name.load(subject.public_bytes())) == subject.rfc4514_string()
