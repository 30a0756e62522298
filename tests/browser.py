"""A headless Chromium spoken to over a pair of pipes: no network, no further package, one browser for all tests."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars --disable-background-networking"
    " --disable-component-update --disable-sync --remote-debugging-pipe"
)
# of every element that has text of its own: the contrast to the page, as WCAG 2 computes it, and the element's beginning
_CONTRASTS = """[...document.querySelectorAll('body *')]
  .filter((each) => !each.closest('script, .headline .symbol') && [...each.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((each) => {
    const style = getComputedStyle(each);
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const light = (text) => text.match(/[\\d.]+/g).slice(0, 3)
      .reduce((sum, c, k) => sum + linear(c / 255) * [0.2126, 0.7152, 0.0722][k], 0);
    const paper = light(getComputedStyle(each.closest('pre') ?? document.body).backgroundColor.replace('rgba(0, 0, 0, 0)', 'rgb(255, 255, 255)'));
    const ink = light(each.namespaceURI.endsWith('svg') ? style.fill : style.color);
    return [(Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05), each.outerHTML.slice(0, 120)];
  }).sort((a, b) => a[0] - b[0])[0]"""


class Browser:
    """One tab; ``open`` collects what a page logs and asks the network for."""

    def __init__(self, profile: Path) -> None:
        from_us, self._out = os.pipe()
        self._in, to_us = os.pipe()
        # the browser reads from its descriptor 3 and writes to 4, and these may be in the way of each other
        script = f'exec "$0" "$@" 3<&{from_us} 4>&{to_us}'
        command = ["bash", "-c", script, str(CHROMIUM), *_FLAGS.split(), f"--user-data-dir={profile}", "about:blank"]
        silent = subprocess.DEVNULL
        self._process = subprocess.Popen(command, pass_fds=(from_us, to_us), stdin=silent, stdout=silent, stderr=silent)
        os.close(from_us)
        os.close(to_us)
        self._left, self._number, self._session = b"", 0, ""
        self.logged: list[str] = []
        self.events: list[str] = []
        self.requested: list[str] = []
        tabs = self.ask("Target.getTargets")["targetInfos"]
        tab = next(each["targetId"] for each in tabs if each["type"] == "page")
        self._session = self.ask("Target.attachToTarget", targetId=tab, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(20)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol, and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._left:
            read = os.read(self._in, 1 << 20)
            if not read:
                raise RuntimeError("the browser has gone")
            self._left += read
        message, self._left = self._left.split(b"\0", 1)
        return json.loads(message)

    def _note(self, event: Mapping[str, Any]) -> None:
        about, name = event.get("params", {}), event.get("method", "")
        if name in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.logged.append(json.dumps(about))
        if name == "Network.requestWillBeSent":
            self.requested.append(about["request"]["url"])
        self.events.append(name)

    def open(self, page: Path, width: int = 1280, height: int = 800, dark: bool = False, script: bool = True) -> None:
        """Load a page on a screen of that size and wait until it has loaded."""
        self.logged, self.requested, self.events = [], [], []
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", media="", features=[scheme])
        self.ask("Emulation.setScriptExecutionDisabled", value=not script)
        self.ask("Page.navigate", url=page.as_uri())
        while "Page.loadEventFired" not in self.events:
            self._note(self._next())

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives, promises awaited."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    def least_contrast(self) -> tuple[float, str]:
        """Of the text that is hardest to read, and where that is."""
        contrast, where = self.value(_CONTRASTS)
        return contrast, where

    def frame(self) -> None:
        """Wait until what was asked for is drawn."""
        self.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))")

    def picture(self, path: Path, full: bool = True) -> None:
        """What the page looks like, as PNG; all of it, or what is on the screen."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=full)
        path.write_bytes(base64.b64decode(found["data"]))

    def pdf(self) -> bytes:
        """The page printed, with its headings as outline."""
        found = self.ask("Page.printToPDF", preferCSSPageSize=True, generateDocumentOutline=True, generateTaggedPDF=True)
        return base64.b64decode(found["data"])
