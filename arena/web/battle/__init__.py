"""The battle page: ask, read two anonymous replies, vote, learn the names.

Begin with `page`. `stage` turns a battle into what the page shows, `stream` sends updates while replies are written,
and `markdown` turns replies into safe HTML. The rules of a battle are not here but in `arena.battles`.
"""
