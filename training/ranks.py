"""Ranks: the processes that train together, one for each device. Often there is only one.

`torchrun` starts them and tells each its number. A process that was not started by it makes a group with itself alone,
so that the code of a run is the same for any number of ranks.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among the others: its number from 0, how many there are (`world`), and its device."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the one process that prints and writes files."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum of `values` over all ranks, written into `values` itself. All ranks call this."""
        dist.all_reduce(values)
        return values

    def wait(self) -> None:
        """Wait until all ranks have called this."""
        dist.barrier()


@contextmanager
def joined_ranks(environment: Mapping[str, str]) -> Iterator[Ranks]:
    """Join the group of ranks, yield this process's place in it, and leave the group at the end.

    Args:
        environment: the process's environment variables; `torchrun` sets LOCAL_RANK, WORLD_SIZE and others in it.
    """
    local = int(environment.get("LOCAL_RANK", 0))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    if "WORLD_SIZE" in environment:
        dist.init_process_group(backend)
    else:
        dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()
