"""Splits: the text of a prompt alone decides whether it is held out, so it is the same in every file and run."""

import hashlib


def is_held_out(prompt: str, *, share: float) -> bool:
    """Return whether `prompt` belongs to the share (0 to 1) of prompts that nothing is trained on."""
    return int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8]) < share * 2**64
