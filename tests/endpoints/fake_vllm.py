#!/usr/bin/env python
"""Stands in for the `vllm` command: `serve`s the fake endpoint on the port asked for, in a moment.

Its manners are read from the base folder's file `manners`: "crash" ends it at once with an error, "deaf" ignores
SIGTERM, "slow=2" takes two seconds to be ready. It leaves a child process behind that must not outlive it.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.endpoints.openai_server import FakeEndpoint


def main() -> None:
    base, arguments = Path(sys.argv[2]), sys.argv[3:]
    manners = (base / "manners").read_text().split() if (base / "manners").exists() else []
    (base / "pids").open("a").write(f"{subprocess.Popen(['sleep', '600']).pid}\n")
    sys.stderr.write("the fake vLLM starts\n")
    if "crash" in manners:
        sys.exit("no room on the device")
    if "deaf" in manners:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for manner in manners:
        if manner.startswith("slow="):
            time.sleep(float(manner.removeprefix("slow=")))
    FakeEndpoint(port=int(arguments[arguments.index("--port") + 1])).start()
    sys.stderr.write("the fake vLLM is ready\n")
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main()
