"""A headless Chromium, spoken to over the DevTools protocol on a pipe: no port, no driver, no library.

  with Browser() as browser:
      page = browser.open("report.html", width=390, dark=True)
      page.errors, page.requests
      page.ask("document.title")
      page.print_pdf("report.pdf")

It has no network to reach: its name lookups all fail, and a request is noted whether it would succeed or not.
"""
import base64
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

PATIENCE = 120  # s for one answer; a busy machine is slow to start a browser


def own_sandbox():
    """Chromium's own needs user namespaces. Where they are refused, and to root, only its absence works."""
    if os.getuid() == 0:
        return False
    return subprocess.run(["unshare", "--user", "--map-root-user", "true"], capture_output=True).returncode == 0


class Browser:
    def __enter__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if not program:
            raise FileNotFoundError("chromium is not installed: tools/setup.sh pages")
        self._profile = tempfile.TemporaryDirectory(prefix="cloche-pages-", ignore_cleanup_errors=True)
        options = ["--headless=new", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--disable-quic", "--disable-extensions",
                   "--disable-default-apps", "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
                   "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={self._profile.name}",
                   "--remote-debugging-pipe"] + ([] if own_sandbox() else ["--no-sandbox"])
        # Chromium reads commands from descriptor 3 and answers on 4.
        its_input, self._to = os.pipe()
        self._from, its_output = os.pipe()
        line = f"exec 3<&{its_input} 4>&{its_output}; exec \"$0\" \"$@\""
        self._log = tempfile.TemporaryFile()
        # A home of its own: nothing of the caller's settings takes part, and nothing is left there.
        self._process = subprocess.Popen(["bash", "-c", line, program, *options, "about:blank"],
                                         pass_fds=(its_input, its_output), stdin=subprocess.DEVNULL,
                                         stdout=self._log, stderr=self._log, start_new_session=True,
                                         env={**os.environ, "HOME": self._profile.name})
        os.close(its_input)
        os.close(its_output)
        self._number, self._unread, self._listeners = 0, b"", {}
        return self

    def __exit__(self, *_):
        try:
            self.send("Browser.close")
            self._process.wait(10)
        except (RuntimeError, OSError, subprocess.TimeoutExpired):
            pass
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # what it started is in its session
        except ProcessLookupError:
            pass
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._log.close()
        self._profile.cleanup()

    def send(self, method, session=None, **parameters):
        """The answer to a command; events that come before it go to whoever listens."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        end = time.monotonic() + PATIENCE
        while True:
            told = self.next_message(end - time.monotonic())
            if told is None:
                raise RuntimeError(f"Chromium gave no answer to {method} in {PATIENCE} s:\n{self._said()}")
            if told.get("id") != self._number:
                continue
            if "error" in told:
                raise RuntimeError(f"{method}: {told['error']['message']}")
            return told["result"]

    def next_message(self, patience):
        while b"\0" not in self._unread:
            if not select.select([self._from], [], [], max(0, patience))[0]:
                return None
            part = os.read(self._from, 1 << 20)
            if not part:
                raise RuntimeError("Chromium went down:\n" + self._said())
            self._unread += part
        line, self._unread = self._unread.split(b"\0", 1)
        told = json.loads(line)
        if "method" in told and told.get("sessionId") in self._listeners:
            self._listeners[told["sessionId"]](told["method"], told["params"])
        return told

    def listen(self, session, listener):
        self._listeners[session] = listener

    def _said(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")[-3000:]

    def open(self, path, width=1280, height=900, dark=False, medium="screen"):
        return Page(self, path, width, height, dark, medium)


class Page:
    """A file, opened as somebody would see it. `errors`: what the console complained of; `requests`: every
    address that was asked for, the file's own first."""

    def __init__(self, browser, path, width, height, dark, medium):
        self._browser, self.errors, self.requests, self._loaded = browser, [], [], False
        self._target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.send("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        browser.listen(self._session, self._note)
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if width < 600 else 1,
                  mobile=width < 600)
        self.send("Emulation.setEmulatedMedia", media="" if medium == "screen" else medium,
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.send("Page.navigate", url=pathlib.Path(path).resolve().as_uri())
        end = time.monotonic() + PATIENCE
        while not self._loaded:
            if browser.next_message(end - time.monotonic()) is None:
                raise RuntimeError(f"{path} did not load in {PATIENCE} s")
        # What a page asks for late is asked for by now: two frames, and a moment.
        self.ask("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))")

    def _note(self, method, told):
        if method == "Page.loadEventFired":
            self._loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(told["exceptionDetails"].get("text", "an exception"))
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(word.get("value")) for word in told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.errors.append(told["entry"]["text"])

    def send(self, method, **parameters):
        return self._browser.send(method, session=self._session, **parameters)

    def ask(self, script):
        """The value of a script's last expression, or of its promise."""
        told = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(told["exceptionDetails"]["exception"]["description"])
        return told["result"].get("value")

    def screenshot(self, path):
        size = self.send("Page.getLayoutMetrics")["cssContentSize"]
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def print_pdf(self, path):
        """On A4, without the browser's own head and foot."""
        told = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, printBackground=False)
        pathlib.Path(path).write_bytes(base64.b64decode(told["data"]))

    def close(self):
        self._browser.send("Target.closeTarget", targetId=self._target)
