"""How an answer looks: its length and its Markdown."""

from arena.votes.answer_style import AnswerStyle, style_of


def test_style_counts_markdown_outside_of_code():
    answer = "# Title\n\n- one\n- **two**\n1. three\n\n```\n# no title\n- no item\n```"
    assert style_of([answer, "__bold__"]) == AnswerStyle(
        characters=len(answer) + len("\n__bold__"), headers=1, items=3, bold=2
    )
