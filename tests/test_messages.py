import pytest

from vnvaxmatch.casework import SIDES, Kind, Refusal, Role, Side, State
from vnvaxmatch.casework.cases import BESIDE, FIELD_OF
from vnvaxmatch.casework.sheets import Came, Cause
from vnvaxmatch.certify import salted, standings, statements
from vnvaxmatch.certify.dcc.outcomes import Caution, Fault, Result, Standing, Step
from vnvaxmatch.certify.dcc.words import Phrase as DccPhrase
from vnvaxmatch.certify.forms.outcomes import Caution as TrustCaution
from vnvaxmatch.certify.forms.outcomes import Fault as TrustFault
from vnvaxmatch.certify.forms.outcomes import Form, PathStatus, SignatureStatus, Tree
from vnvaxmatch.certify.minutes import Caution as MinutesCaution
from vnvaxmatch.certify.minutes import Fault as MinutesFault
from vnvaxmatch.certify.minutes import Signing
from vnvaxmatch.certify.minutes import Standing as MinutesStanding
from vnvaxmatch.compare import Level
from vnvaxmatch.explain.words import Phrase
from vnvaxmatch.messages import LANGUAGES, message, messages
from vnvaxmatch.outcome import Change, Doubt, Reason
from vnvaxmatch.policy import DirtyClass, Outcome
from vnvaxmatch.records import Field

CODES = {code.value for kind in (Change, Doubt, Reason) for code in kind}
CODES |= {f"level.{level}" for level in Level}
CODES |= {f"outcome.{outcome}" for outcome in Outcome} | {"outcome.undetermined"}
CODES |= {f"field.{field}" for field in Field}
CODES |= {f"class.{kind}" for kind in DirtyClass} | {"outcome.ready"}
CODES |= {phrase.value for phrase in Phrase}
CODES |= {f"state.{state}" for state in State} | {f"event.{kind}" for kind in Kind}
CODES |= {f"role.{role}" for role in Role} | {f"side.{side}" for side in Side}
CODES |= {f"refusal.{refusal}" for refusal in Refusal}
CODES |= {f"cause.{cause}" for cause in Cause} | {f"row.{came}" for came in Came}
CODES |= {f"column.{name}" for name in {*SIDES, *BESIDE, "record_id"} - set(FIELD_OF)}
CODES |= {phrase.value for phrase in DccPhrase}
CODES |= {
    f"certify.dcc.{kind.__name__.lower()}.{code.value}"
    for kind in (Standing, Result, Step, Fault, Caution)
    for code in kind
}
CODES |= {f"certify.batch.standing.{code}" for code in standings.Standing}
CODES |= {f"certify.batch.fault.{code}" for code in standings.Fault}
CODES |= {f"certify.batch.caution.{code}" for code in standings.Caution}
CODES |= {phrase.value for phrase in standings.Phrase}
CODES |= {f"certify.batch.kind.{kind}" for kind in statements.Kind}
CODES |= {f"certify.batch.match.{match}" for match in salted.Match}
CODES |= {f"certify.trust.tree.{tree}" for tree in Tree}
CODES |= {f"certify.trust.form.{form}" for form in Form}
CODES |= {f"certify.trust.status.{status}" for status in (*PathStatus, *SignatureStatus)}
CODES |= {f"certify.trust.fault.{fault}" for fault in TrustFault}
CODES |= {f"certify.trust.caution.{caution}" for caution in TrustCaution}
CODES |= {f"certify.minutes.standing.{code}" for code in MinutesStanding}
CODES |= {f"certify.minutes.signing.{code}" for code in Signing}
CODES |= {f"certify.minutes.fault.{code}" for code in MinutesFault}
CODES |= {f"certify.minutes.caution.{code}" for code in MinutesCaution}


def test_every_code_has_words():
    """No code of the library is without its text, and no text is without its code."""
    assert CODES - set(messages()) == set()
    assert set(messages()) - CODES == set()


@pytest.mark.parametrize("code", sorted(messages()))
def test_words_are_there_in_both_languages(code):
    """Each text is filled in, tidy, and not the same in both languages."""
    vietnamese, english = (message(code, lang=lang) for lang in LANGUAGES)

    for text in (vietnamese, english):
        assert text
        assert text == " ".join(text.split())
        assert text[0].isupper()
        assert not text.endswith(".")
    assert vietnamese != english
    assert english.isascii() or set(english) - set(map(chr, range(128))) <= set("“”…")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_two_codes_of_one_kind_say_the_same(lang):
    """A reader can tell the codes of a kind apart by their words."""
    told = [(code.rpartition(".")[0], message(code, lang=lang)) for code in messages()]

    assert len(set(told)) == len(told)


def test_an_unknown_code_is_a_key_error():
    """A code that does not exist has no words."""
    with pytest.raises(KeyError):
        message("no_such_code")


def test_an_unknown_language_is_refused():
    """Only the languages listed have words."""
    with pytest.raises(ValueError, match="not in tuple"):
        message("missing", lang="fr")
