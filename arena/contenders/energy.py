"""Energy: what a reply takes in watt-hours, as a range with its assumptions.

The method is EcoLogits' (ecologits.ai, methodology of language model inference): the energy of a token is linear in
the active parameters and falls with the number of replies that share a batch; the rest of the server is shared out by
GPUs and by batch. Its constants stand below. The low end is a server that is busy with 64 replies, as EcoLogits
assumes; the high end is one that has nothing else to do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ALPHA, BETA, GAMMA = (
    1.17e-6,
    -1.12e-2,
    4.05e-5,
)  # watt-hours a token and GPU: α·e^(β·batch)·(billions of parameters) + γ
BUSY_BATCH, ALONE = 64, 1
GPU_GIGABYTES = 80
MEMORY_OVERHEAD = 1.2
SERVER_WATTS, SERVER_GPUS = 1200, 8  # of a server without its GPUs
PUE = 1.2  # what a data centre takes for each watt-hour of its servers
BITS = 16


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt-hours from `low` to `high`."""

    low: float
    high: float


def energy_of(assumed: Mapping[str, Any], *, tokens: float, seconds: float) -> Energy | None:
    """Return what `tokens` of a reply that took `seconds` cost, or None where the contender's size is not known.

    Args:
        assumed: `active_params_b`, in billions, a number or [lowest, highest]; `total_params_b`, likewise, where it
            is another; `bits` of a weight, 16 unless told; `pue` of the data centre, 1.2 unless told.
        tokens: written.
        seconds: from the first byte sent to the last received; the server is taken to be at work all the while.
    """
    if "active_params_b" not in assumed:
        return None
    active = _range(assumed["active_params_b"])
    total = _range(assumed.get("total_params_b", assumed["active_params_b"]))
    bits, pue = assumed.get("bits", BITS), assumed.get("pue", PUE)
    ends = (
        pue * _watt_hours(active_b, gpus_for(total_b, bits=bits), tokens, seconds, batch)
        for active_b, total_b, batch in zip(active, total, (BUSY_BATCH, ALONE), strict=True)
    )
    return Energy(*ends)


def gpus_for(total_b: float, *, bits: float = BITS) -> int:
    """Return how many GPUs of 80 GB hold so many billions of parameters: a power of two."""
    gigabytes = MEMORY_OVERHEAD * total_b * bits / 8
    return int(2 ** max(0, math.ceil(math.log2(gigabytes / GPU_GIGABYTES)))) if gigabytes > 0 else 1


def assumptions_of(assumed: Mapping[str, Any]) -> str:
    """Return what an energy range rests on, in one sentence."""
    low, high = _range(assumed["active_params_b"])
    size = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return (
        f"EcoLogits: {size} billion active parameters at {assumed.get('bits', BITS):g} bits, PUE "
        f"{assumed.get('pue', PUE):g}; low on a server busy with {BUSY_BATCH} replies, high on an idle one."
    )


def _watt_hours(active_b: float, gpus: int, tokens: float, seconds: float, batch: int) -> float:
    gpu = tokens * (ALPHA * math.exp(BETA * batch) * active_b + GAMMA)
    server = seconds / 3600 * SERVER_WATTS * gpus / SERVER_GPUS / batch
    return server + gpus * gpu


def _range(value: float | list[float]) -> tuple[float, float]:
    return (value[0], value[1]) if isinstance(value, list) else (value, value)
