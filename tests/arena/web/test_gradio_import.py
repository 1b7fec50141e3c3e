"""Gradio is imported without the type stubs that it writes for editors."""

import inspect

import pytest

from arena.web import gradio_import
from arena.web.gradio_import import gr


def test_gradio_finds_no_source_to_write_a_stub_beside_and_others_find_theirs():
    with pytest.raises(OSError, match=r"^$"):
        gradio_import._getfile_outside_gradio(gr.Button)
    assert gradio_import._getfile_outside_gradio(pytest.MonkeyPatch) == inspect.getfile(pytest.MonkeyPatch)


def test_after_the_import_everything_is_found_again():
    # Not compared with what it was: torch replaces it too, when another test loads it.
    assert inspect.getfile is not gradio_import._getfile_outside_gradio
    assert inspect.getfile(gr.Button).endswith("button.py")
