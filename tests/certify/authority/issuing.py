"""The shipped authority for tests, under the name that the tests of certifying know."""

from vnvaxmatch.testing.authority import DAY, NOW, Issued, Key, TestCA

__all__ = ["DAY", "NOW", "Issued", "Key", "TestCA"]
