"""Errors: one word each for the database, one sentence each for a person."""

import re

from generation import errors
from generation.errors import BackendError, BadInput, GenerationError

CLASSES = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, GenerationError)}


def test_every_failure_of_a_backend_is_counted_under_a_word_of_its_own():
    words = [kind.kind for kind in CLASSES if issubclass(kind, BackendError)]
    assert len({*words}) == len(words) == len(CLASSES) - 2


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    drawn: dict[str, str] = {}
    above: list[str] = []
    for marks, name in re.findall(r"^([│├└─ ]*)([A-Z]\w+) {2,}", errors.__doc__ or "", re.MULTILINE):
        del above[len(marks) // 4 :]
        drawn[name] = above[-1] if above else "Exception"
        above.append(name)
    assert drawn == {kind.__name__: kind.__base__.__name__ for kind in CLASSES if kind.__base__}


def test_faults_of_a_file_are_lines_below_the_sentence():
    error = BadInput("tasks.jsonl has 2 faults:", ["line 1: no id", "line 3: no name"], hint="Correct them.")
    assert str(error) == "tasks.jsonl has 2 faults:\n  line 1: no id\n  line 3: no name"
    assert (error.exit_code, error.hint, error.faults) == (2, "Correct them.", ("line 1: no id", "line 3: no name"))
