"""A certificate authority for tests: root, intermediate, signers of every kind, CRL, OCSP, TSA."""

from tests.certify.authority.issuing import NOW, Issued, Key, TestCA

__all__ = ["NOW", "Issued", "Key", "TestCA"]
