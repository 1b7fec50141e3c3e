"""The demo: a small world of text tasks of our own, and tiny contenders that learned it on a laptop.

`tasks` says what is asked, `payloads` what it is asked about, `dialogues` how it goes on, `plain_text` what a base
model reads first. Everything is drawn from a seed; nothing comes from outside.
"""
