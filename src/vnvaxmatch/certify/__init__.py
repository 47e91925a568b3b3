"""Certify: results that anyone can check and nobody can alter.

:mod:`vnvaxmatch.certify.dcc` issues and verifies vaccination certificates.
"""

__all__: list[str] = []
