"""Ranks: the processes that train together, one a device; often there is only one.

`torchrun` starts them and tells each its number. A single process makes a group of its own, so that a run has one
path however many there are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
import torch.distributed as dist


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among the others."""

    rank: int
    world: int
    device: torch.device

    @property
    def first(self) -> bool:
        """Whether this is the process that talks and writes."""
        return self.rank == 0

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum of `values` over all ranks."""
        dist.all_reduce(values)
        return values

    def wait(self) -> None:
        """Wait until all ranks are here."""
        dist.barrier()


@contextmanager
def joined_ranks(environment: Mapping[str, str]) -> Iterator[Ranks]:
    """Yield this process's place among those that `torchrun` started, and leave the group at the end."""
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
