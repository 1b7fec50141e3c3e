"""The leaderboard and the pages around it, made on the server without Gradio, and the same figures for programs.

Begin with `routes`. `query` reads an address, `board` computes what it asks for, `page` shows the table, `plots` draws
it, and `files` and `schema` are for programs. Each of the other modules is one page.
"""
