"""The pages that people read, and the same figures for programs. Only this folder imports gradio.

Begin with `app`, which puts everything together. `battle` and `board` hold the two large pages. `security`, `events`
and `visitor` decide which requests are answered. `rendering` fills the templates, `theme` and `static_files` give the
look, and `texts` holds every sentence; it works without gradio, because commands use it too.
"""
