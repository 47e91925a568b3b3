import pytest

from tests.certify.authority import TestCA
from tests.certify.minutes.making import BODY, NAMES, authority, party
from vnvaxmatch.certify.minutes import Party, read_parties
from vnvaxmatch.certify.minutes.parties import Fit, fit_of
from vnvaxmatch.errors import CertifyError, InputError

GOOD = f"""
office = "{BODY}"
superior = "Ủy ban nhân dân tỉnh Mẫu"

[[party]]
role = "chairman"
name = "Trần Văn  Mẫu"
title = "Chủ tịch"
body = "{BODY}"
certificates = ["{"AB:" * 31}AB"]

[[party]]
role = "witness"
name = ""
title = "Người chứng kiến"
body = "Thôn 1"
required = false
"""


def _read(tmp_path, text):
    path = tmp_path / "parties.toml"
    path.write_text(text, "utf-8")
    return read_parties(path)


def test_a_file_of_parties_is_read(tmp_path):
    """Office, superior, and each party with what the file says of it."""
    told = _read(tmp_path, GOOD)

    assert (told.office, told.superior) == (BODY, "Ủy ban nhân dân tỉnh Mẫu")
    assert told.parties == (
        Party("chairman", name="Trần Văn Mẫu", title="Chủ tịch", body=BODY,
              certificates=("ab" * 32,)),
        Party("witness", name="", title="Người chứng kiến", body="Thôn 1", required=False),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("office = ", "bureau = ", "office"),
        ('role = "chairman"', 'role = "Chủ tịch"', "a role is a word"),
        ('title = "Chủ tịch"\n', "", "role, name, title and body"),
        ('title = "Chủ tịch"', 'title = " "', "the title of the party chairman"),
        ('title = "Chủ tịch"', "title = 7", "quotation marks"),
        ("required = false", 'required = "no"', "true or false"),
        ("required = false", "reqired = false", "role, name, title and body"),
        ("AB:AB", "AB:AX", "SHA-256"),
        ("[[party]]", "[[party", "TOML"),
        ('certificates = ["', 'certificates = "', "TOML"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, old, new, match):
    """The message names the file and what to mend, and shows no name."""
    with pytest.raises(InputError, match=match) as caught:
        _read(tmp_path, GOOD.replace(old, new, 1))

    assert "parties.toml" in str(caught.value)
    assert "Mẫu" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    """What cannot be read is said with its path."""
    with pytest.raises(InputError, match="cannot read"):
        read_parties(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_refused(tmp_path):
    """Bytes that are no UTF-8 are no TOML."""
    path = tmp_path / "parties.toml"
    path.write_bytes(b'office = "\xff\xfe"')

    with pytest.raises(InputError, match="UTF-8"):
        read_parties(path)


@pytest.mark.parametrize(
    ("name", "changes", "fit"),
    [
        (NAMES["site"], {}, Fit.NAMED),
        (NAMES["site"].upper(), {}, Fit.NAMED),
        (BODY, {}, Fit.NAMED),
        (NAMES["police"], {}, Fit.OTHER),
        (NAMES["site"] + " ", {"name": ""}, Fit.OTHER),
        (NAMES["site"], {"body": "Ủy ban nhân dân xã Khác"}, Fit.OTHER_BODY),
        (NAMES["site"], {"certificates": ("0" * 64,)}, Fit.OTHER),
    ],
)
def test_a_certificate_fits_its_own_party(name, changes, fit):
    """Name and body must both be the party's, and a pin rules out all others."""
    assert fit_of(party("site", **changes), authority().officer(name).der) is fit


def test_the_right_certificate_of_a_pin_fits_whatever_it_is_called():
    """Who pinned a certificate knows whose it is."""
    issued = TestCA("Cơ quan khác").officer("Tên khác")
    from vnvaxmatch.certify.forms import read_certificate

    pin = read_certificate(issued.der).fingerprint

    assert fit_of(party("site", certificates=(pin,)), issued.der) is Fit.PINNED


def test_a_party_shows_no_name_by_accident():
    """What a log would show of a party names its office, not the person."""
    assert NAMES["site"] not in repr(party("site"))
    with pytest.raises(CertifyError):
        party("site", name="x\u0000y")
