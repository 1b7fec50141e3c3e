"""The report of a campaign, made from its export folder alone: whoever has the folder gets the same bytes.

| to | read |
|---|---|
| read a folder, and refuse one that was changed | `folder` |
| see what is counted: which judgements stand, of whom, on what | `standing` |
| see every figure of the report | `results` (of pairs), `raters_and_items` (of who judged, and on what) |
| see how it is shown | `page` (HTML), `plots` (SVG), `paper` (LaTeX, BibTeX), `tables` (JSON, CSV, JSONL) |
| write it, or make it again and compare | `making` |

Nothing here knows the database. Called by `commands`.
"""
