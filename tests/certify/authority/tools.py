"""Foreign tools that must agree with us, and tokens of software."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.certify.authority.issuing import NOW, Issued

SOFTHSM = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


def openssl(*words: str | os.PathLike[str]) -> subprocess.CompletedProcess[str]:
    """Run openssl; skip where there is none."""
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    return subprocess.run(
        [found, *map(os.fspath, words)], capture_output=True, text=True, check=False
    )


def verify_by_openssl(
    folder: Path, *, content: bytes, value: bytes, roots: Iterable[Issued]
) -> subprocess.CompletedProcess[str]:
    """Have ``openssl cms -verify -cades`` say whether a signature is good."""
    (folder / "content").write_bytes(content)
    (folder / "signature").write_bytes(value)
    (folder / "roots.pem").write_bytes(b"".join(root.pem for root in roots))
    return openssl(
        "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", folder / "signature",
        "-content", folder / "content", "-CAfile", folder / "roots.pem", "-purpose", "any",
        "-attime", str(int(NOW.timestamp())), "-out", os.devnull,
    )  # fmt: skip


def sign_by_openssl(
    folder: Path, *words: str, content: bytes, signer: Issued, cades: bool = True
) -> bytes:
    """Have ``openssl cms -sign`` sign bytes, detached."""
    (folder / "content").write_bytes(content)
    (folder / "leaf.pem").write_bytes(signer.pem)
    (folder / "key.pem").write_bytes(signer.key_pem())
    done = openssl(
        "cms", "-sign", *(("-cades",) if cades else ()), "-binary", "-in", folder / "content",
        "-signer", folder / "leaf.pem", "-inkey", folder / "key.pem", "-md", "sha256",
        "-outform", "DER", "-out", folder / "made", *words,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "made").read_bytes()


def softhsm() -> str:
    """Find the module of SoftHSM; skip where there is none."""
    if shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    for path in SOFTHSM:
        if Path(path).exists():
            return path
    pytest.skip("the module of SoftHSM was not found where Debian, Fedora or Homebrew put it")
