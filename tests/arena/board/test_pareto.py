from arena.board.pareto import pareto


def test_the_pareto_line_joins_those_that_nobody_beats():
    points = [(1.0, 900.0), (2.0, 1000.0), (2.0, 950.0), (3.0, 990.0), (4.0, 1100.0)]
    assert pareto(points, less_is_better=True) == [(1.0, 900.0), (2.0, 1000.0), (4.0, 1100.0)]
    assert pareto(points, less_is_better=False) == [(4.0, 1100.0)]
