"""The arena: contenders, blind battles, votes, standings, and the pages that show them.

A vote travels `web/battle/page` → `battles/battles` → `db/` → `board/standings` → `leaderboard` → `web/board/page`.

| folder | what it holds |
|---|---|
| `contenders/` | who enters battles: declared, registered, checked, opened |
| `battles/` | one blind pairing, from the draw to the reveal |
| `moderation/` | decides whether a prompt may be sent and a reply shown |
| `votes/` | the labels of each vote, and which votes count |
| `board/` | ratings, and everything that is shown beside them |
| `exchange/` | exports from the arena, and imports into it |
| `operations/` | the processes that an arena runs and watches |
| `db/` | tables, sessions, queries; it knows no other folder |
| `web/` | the pages |
| `commands/` | the subcommands of `cli`, one file each |

Only `settings` reads the environment. Each folder's docstring says where to begin reading. No two folders import each
other.
"""
