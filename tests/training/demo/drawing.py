"""What the tests of the demo draw with: seeded dice, and all tasks by language and name."""

import random

from training.demo.tasks import tasks

ALL = {f"{task.language} {task.name}": task for task in tasks()}


def dice(seed: int = 0) -> random.Random:
    return random.Random(seed)
