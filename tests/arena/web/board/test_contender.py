"""The page of one contender."""

import httpx


def test_a_contender_has_a_page_with_its_record(board: httpx.Client):
    page = board.get("/contenders/alpaca-7b").text
    for shown in ("CC BY-NC 4.0", "Head to head", "=GPT", "7 billion parameters", "/battles?a=alpaca-7b&amp;b=gpt"):
        assert shown in page
    assert '<a href="/contenders/llama-7b">LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;</a>' in page
    assert "Base of" in board.get("/contenders/llama-7b").text
    assert "No vote yet." in board.get("/contenders/nobody").text
