"""Moderation: whether a prompt may be sent and a reply be shown.

Begin with `moderation`, which asks the moderators in turn; `moderators` are the rules on this machine (`rules.toml`)
and remote services; `flags` are what was found so far. Called by `battles` and by `arena moderation`.
"""
