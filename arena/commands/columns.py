"""Rows as aligned columns, for a terminal."""

from collections.abc import Sequence

from rich.cells import cell_len


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return `head` and `rows` as a table in text, with two blanks between columns. Wide characters count as two."""
    lines = [head, *rows]
    widths = [max(cell_len(line[column]) for line in lines) for column in range(len(head))]
    padded = (
        (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
    return "\n".join("  ".join(cells).rstrip() for cells in padded)
