"""`arena` on two ranks, as `torchrun` starts them, but forked from one process that has imported everything.

    python -m tests.training.two_ranks train …

That it works under `torchrun` too is shown by the tests that take minutes.
"""

import os
import socket
import sys
from contextlib import closing

from torch.multiprocessing.spawn import start_processes
from transformers import LlamaForCausalLM

import training.finetune
from arena.cli import main

RANKS = 2
IMPORTED = (LlamaForCausalLM, training.finetune)


def rank(number: int, command: list[str]) -> None:
    os.environ |= {"RANK": str(number), "LOCAL_RANK": str(number)}
    sys.exit(main(command))


if __name__ == "__main__":
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(RANKS)}
    start_processes(rank, args=(sys.argv[1:],), nprocs=RANKS, start_method="fork")
