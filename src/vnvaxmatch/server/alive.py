"""``python -m vnvaxmatch.server.alive HOST PORT``: is a server there, and does it work?

For the health check of a container, by the standard library alone: it connects, and if the other
side speaks TLS it finishes the handshake. It needs no token and no certificate, and trusts none,
for it says and learns nothing. Exit code 0 for yes.
"""

from __future__ import annotations

import socket
import ssl
import sys

__all__ = ["is_alive"]

_REQUEST = b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"


def is_alive(host: str, port: int, /, *, timeout: float = 4.0) -> bool:
    """Tell whether a server answers there, with TLS or without."""
    try:
        with socket.create_connection((host, port), timeout) as bare:
            bare.sendall(_REQUEST)
            if bare.recv(12).startswith(b"HTTP/1.1 200"):
                return True
    except OSError:
        pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout) as bare,
            context.wrap_socket(bare) as secure,
        ):
            return secure.version() is not None
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if len(sys.argv) == 3 and is_alive(sys.argv[1], int(sys.argv[2])) else 1)
