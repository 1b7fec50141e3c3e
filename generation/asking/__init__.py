"""Asking: each request of a run is answered and paid for once, and its answer is saved before it is used.

Begin with `asking`. `journal` holds everything that happened in a run, `budget` and `stopping` say when it ends, and
`in_order` handles answers in the order of their requests. Called by `runs`.
"""
