"""A real browser, without a window: Chromium, spoken to over a pipe in its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, Any, Final

import attrs

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE: Final = 60


def path_of_browser() -> str | None:
    """Find the browser of this machine, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@attrs.define
class Page:
    """An open page. ``trouble`` is all that it complained of: errors, and what was not let in."""

    _to: IO[bytes]
    _back: FileIO
    session: str = ""
    trouble: list[str] = attrs.Factory(list)
    requests: list[str] = attrs.Factory(list)
    _events: list[dict[str, Any]] = attrs.Factory(list)
    _number: int = 0
    _unread: bytearray = attrs.Factory(bytearray)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something, and give its answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self._to.write(json.dumps(message).encode() + b"\0")
        self._to.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise AssertionError(answer["error"])
                return answer["result"]

    def open(self, path: Path) -> None:
        """Open a file, and wait until it is loaded."""
        self.trouble.clear()
        self.requests.clear()
        self._events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self._events):
            self._next()

    def run(self, expression: str) -> Any:
        """Give what an expression comes to in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise AssertionError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def look(self, *, dark: bool = False, width: int = 1200) -> None:
        """See the page as somebody does who likes it dark, or on so narrow a screen."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=900, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}),
            )  # fmt: skip

    def picture(self, *, whole: bool = False) -> bytes:
        """Take a picture of what is seen, or of all, as PNG."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def printed(self) -> bytes:
        """Print the page as PDF, on the paper that it asks for."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(answer["data"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._back], [], [], PATIENCE)
            part = self._back.read(1 << 16) if ready else b""
            if not part:
                raise AssertionError("the browser ended, or does not answer")
            self._unread += part
        text, _, rest = bytes(self._unread).partition(b"\0")
        self._unread[:] = rest
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(message)
            self._note(message["method"], message["params"])
        return message

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.trouble.append(json.dumps(told["exceptionDetails"]))
        elif method == "Log.entryAdded":
            self.trouble.append(told["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
            self.trouble.append(json.dumps(told["args"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])


@contextmanager
def browsing(path: str, folder: Path) -> Iterator[Page]:
    """Start the browser with an empty profile in a folder, and end it afterwards."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    command = [
        path, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
        "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
        "--disable-component-update", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    # it reads from descriptor 3 and writes to 4, whatever the numbers are here
    script = f'exec "$@" 3<&{to_read} 4>&{from_write}'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", *command],
        pass_fds=(to_read, from_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    with os.fdopen(to_write, "wb") as to, os.fdopen(from_read, "rb", buffering=0) as back:
        try:
            page = Page(to, back)
            target = page.call("Target.createTarget", url="about:blank")["targetId"]
            attached = page.call("Target.attachToTarget", targetId=target, flatten=True)
            page.session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                page.call(f"{domain}.enable")
            yield page
            page.session = ""
            page.call("Browser.close")
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait(PATIENCE)
