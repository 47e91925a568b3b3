"""What every normaliser, registry and matcher must keep to: classes of tests to subclass.

Each law is a plain ``test_*`` method with the property inside, because inherited ``@given`` methods
fail in Hypothesis. The number of examples is that of the Hypothesis profile in force.
"""

from vnvaxmatch.testing.laws.ledgers import LedgerLaws
from vnvaxmatch.testing.laws.matchers import MatcherLaws
from vnvaxmatch.testing.laws.normalizers import NormalizerLaws
from vnvaxmatch.testing.laws.registries import RegistryLaws
from vnvaxmatch.testing.laws.weighing import WeighingLaws

__all__ = ["LedgerLaws", "MatcherLaws", "NormalizerLaws", "RegistryLaws", "WeighingLaws"]
