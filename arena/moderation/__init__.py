"""Moderation: decides whether a prompt may be sent and a reply shown.

Begin with `moderation`, which asks the moderators in turn. `moderators` holds the rules on this machine (`rules.toml`)
and the remote services, `flags` the findings so far. Called by `battles` and by `arena moderation`.
"""
