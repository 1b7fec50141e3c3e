"""Energy: the watt-hours of a reply, as a range with its assumptions.

The method is that of EcoLogits (ecologits.ai, methodology of language model inference). The energy of a token is linear
in the active parameters and falls with the number of replies in a batch. The power of the rest of the server is divided
by GPUs and by batch. The low end assumes a server that writes 64 replies at the same time, as EcoLogits does; the high
end assumes one that writes nothing else.
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
SERVER_WATTS, SERVER_GPUS = 1200, 8  # the watts are those of a server without its GPUs
PUE = 1.2  # watt-hours that a data centre consumes for each watt-hour of its servers
BITS = 16


@dataclass(frozen=True, slots=True)
class Energy:
    """Watt-hours from `low` to `high`."""

    low: float
    high: float


def energy_of(assumed: Mapping[str, Any], *, tokens: float, seconds: float) -> Energy | None:
    """Return the energy of a reply, or None where the contender's size is not known.

    Args:
        assumed: `active_params_b`, in billions, as a number or [lowest, highest]; optionally `total_params_b` in the
            same form, `bits` of a weight (default 16), and `pue` of the data centre (default 1.2).
        tokens: number of tokens written.
        seconds: from the first byte sent to the last received. The server is assumed to work all that time.
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
    """Return how many GPUs of 80 GB hold `total_b` billion parameters, as a power of two."""
    gigabytes = MEMORY_OVERHEAD * total_b * bits / 8
    return int(2 ** max(0, math.ceil(math.log2(gigabytes / GPU_GIGABYTES)))) if gigabytes > 0 else 1


def assumptions_of(assumed: Mapping[str, Any]) -> str:
    """Return the assumptions behind a range of energy, in one sentence."""
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
