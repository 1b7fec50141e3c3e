"""What somebody may send in place of a battle's handle."""

ODD_HANDLES = [None, "", "x" * 65, "../../etc/passwd", "a b", "\x00", 5, 1.5, True, [], ["a"], {"a": 1}, "null", "é"]
