"""A real OpenAI-compatible endpoint: `transformers serve`, on checkpoints in a folder."""

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

READY_WITHIN_S = 180


class TransformersServer:
    """One process that serves every checkpoint in a folder, by the name of its own folder.

    It loads a checkpoint when it is first asked for, so it may be started before they are there.
    """

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        self._health = f"http://127.0.0.1:{port}/health"
        self._log = folder / "serve.log"
        program = Path(sys.executable).with_name("transformers")
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [program, "serve", "--host", "127.0.0.1", "--port", str(port)],
                cwd=folder,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_until_ready(self) -> None:
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(OSError), urllib.request.urlopen(self._health, timeout=5):
                return
            time.sleep(0.2)
        raise RuntimeError(f"transformers serve did not start:\n{self._log.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def started(folder: Path) -> Iterator[TransformersServer]:
    """Start a server on `folder`, and stop it at the end."""
    server = TransformersServer(folder)
    try:
        yield server
    finally:
        server.stop()
