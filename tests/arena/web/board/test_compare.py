"""The page that compares two contenders."""

import httpx


def test_two_contenders_are_compared_in_words(board: httpx.Client):
    page = board.get("/compare?a=alpaca-7b&b=gpt").text
    for shown in (
        "Alpaca-7B is rated",
        "In their own 12 battles",
        "By category",
        "With their relatives",
        "/battles?a=",
    ):
        assert shown in page
    whole = board.get("/api/compare?a=alpaca-7b&b=gpt").json()
    assert whole["contrast"]["direct"]["votes"] == 12
    assert {one["second"] for one in whole["family"]} == {"gpt", "llama-7b"}
    assert "/compare?a=alpaca-7b&amp;b=gpt" in board.get("/contenders/alpaca-7b").text
    assert "/compare?" in board.get("/api/plots/wins").text


def test_a_comparison_that_cannot_be_says_why(board: httpx.Client):
    assert "Choose two contenders" in board.get("/compare").text
    assert "Choose two different" in board.get("/compare?a=gpt&b=gpt").text
    assert "cannot be compared yet" in board.get("/compare?a=gpt&b=nobody").text
    for path in ("/compare?a=gpt&b=hidden", "/api/compare?a=gpt&b=hidden"):
        assert board.get(path).status_code == 404
    assert board.get("/api/compare?a=gpt").status_code == 400
