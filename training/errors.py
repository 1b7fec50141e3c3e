"""The errors of training that a person can act on.

All are `GenerationError`s, which a command shows as one sentence and a hint, without a traceback.
"""

from generation.errors import GenerationError


class TrainingError(GenerationError):
    """A run cannot begin, continue or be exported; says why."""


class NotFinite(TrainingError):
    """The loss or the gradient is infinite or not a number; names the examples it came from."""


class OutOfMemory(TrainingError):
    """The device ran out of memory; the hint says what to change in the recipe."""
