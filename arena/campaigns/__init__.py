"""Campaigns: blind comparisons of stored answers to fixed prompts, judged by invited raters.

| to | read |
|---|---|
| read prompts, and keep them under a version and a hash | `prompt_files`, `prompt_sets` |
| see what a campaign's file may hold | `campaign_file` |
| freeze a design, and see what it can find | `design`, `planning` |
| get the answers, once | `answers`, `recorded_answers` |
| see who judges what, and on which side | `assignment` (pure), `booklets` |
| join, judge, go back, look again | `raters`, `judgements` |
| follow it, and look at results early | `progress` |
| take it out of the database | `export` |
| keep its prompts out of training | `forbidden` |

`campaigns` moves a campaign from draft to open to closed. Judgements live in tables of their own and are never counted
among votes. Called by `web/campaigns` and `commands`.
"""
