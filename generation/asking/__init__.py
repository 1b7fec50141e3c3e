"""Asking: every request of a run is answered once, paid once, and on the disk before anybody reads it.

Begin with `asking`; `journal` is the truth of a run, `budget` and `stopping` say when it ends, `in_order` deals with
answers in the order of their requests. Called by `runs`.
"""
