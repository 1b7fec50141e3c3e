"""The battle page: ask, read two anonymous replies, vote, learn the names.

Begin with `page`. `stage` is what a page shows of a battle, `stream` sends its updates, `markdown` makes replies
harmless HTML. Calls `battles`; no rule of a battle stands here.
"""
