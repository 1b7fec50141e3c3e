from arena.commands.columns import aligned


def test_columns_stand_under_each_other_with_wide_characters_counted_as_two():
    assert aligned(("name", "votes"), [("알파카", "7"), ("llama", "12")]).splitlines() == [
        "name    votes",
        "알파카  7",
        "llama   12",
    ]


def test_no_line_ends_in_blanks():
    assert aligned(("a", "b"), [("x", ""), ("y", "long")]).splitlines() == ["a  b", "x", "y  long"]
