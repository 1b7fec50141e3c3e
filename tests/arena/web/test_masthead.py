"""The masthead of the pages that Gradio serves."""

import re

import pytest

from arena.web.gradio_import import gr
from arena.web.masthead import masthead
from arena.web.rendering import PAGES


@pytest.mark.parametrize("here", PAGES)
async def test_the_masthead_leads_to_all_pages_and_marks_the_one_that_is_open(here: str):
    with gr.Blocks() as page:  # within a running loop: without one, Gradio makes one and leaves it open
        masthead("R&D", here)
    (shown,) = [block.value for block in page.blocks.values() if isinstance(block, gr.HTML)]
    menu = re.findall(r'<a href="([^"]+)"( aria-current="page")?>', shown.partition("<nav")[2])
    assert [path for path, _ in menu] == [*PAGES]
    assert [path for path, current in menu if current] == [here]
    assert "R&amp;D" in shown
