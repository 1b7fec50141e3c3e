"""The arena: contenders, blind battles, votes, standings, and the pages that show them.

A vote travels `web/battle_page.py` → `battles.py` → `db/` → `standings.py` → `leaderboard` → `web/leaderboard_page.py`.

| to | read |
|---|---|
| follow a battle | `battles`, `battle_record`, `battle_view`; `matchmaking` draws the pair, `racing` runs both sides |
| follow one reply | `answering`, `lanes`, `budgets`, `cooldowns`, `moderation`; `checkpoints` and `saving` keep it |
| know what a reply took | `costs`, `energy` |
| register a contender | `contenders`, `contenders_file`, `contender_entry`, `…_sources`, `…_version`, `lineage` |
| see whether it works | `endpoint_addresses`, `contender_check`, `contender_figures`, `contender_status` |
| serve it | `open_contenders`, `vllm_servers`, `watched_process`, `local_servers`, `demo` |
| rate | `running_tallies`, `standings`, `method`, `snapshots` |
| know what counts | `vote_labels`, `vote_exclusions`, `self_naming` |
| read votes one by one | `observer` looks in the background; `style_votes`, `single_votes`, `depth` |
| show a board | `board_rows`, of `contender_facts` and `observations`; `benchmark_results` beside it |
| take data out or in | `exports`, `preferences`, `past_battles`, `vote_imports`, `benchmark_files` |

`db/` holds the tables, `web/` the pages, `commands/` the subcommands of `cli`;
only `settings` reads the environment.
"""
