"""The board's pages, each rendered on the server without Gradio, and the same figures for programs.

Begin with `routes`. `query` reads what an address asks for, `board` computes it, `page` shows the table, `files` and
`schema` hand it to programs; the other modules are one page each.
"""
