"""Everything that makes a language model emit text: backends, prompt formats, Self-Instruct.

Imports neither `arena` nor `leaderboard`. Only `generation.backends` talks to a model.
"""
