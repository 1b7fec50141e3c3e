"""What can go wrong in training. All are `GenerationError`s: one sentence and a hint, shown without a traceback."""

from generation.errors import GenerationError


class TrainingError(GenerationError):
    """A run cannot begin or go on, for a reason that a person can act on."""


class NotFinite(TrainingError):
    """The loss or the gradient is not a number; names the examples of the batch."""


class OutOfMemory(TrainingError):
    """The device has no memory left; says what to change."""
