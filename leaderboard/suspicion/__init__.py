"""Suspicion: which votes to leave out until a person has looked, and why. Pure statistics, the same on every run.

| to | read |
|---|---|
| see what is looked at: all battles opened, with or without a vote | `opened` |
| know what a vote was expected to say, by the votes of others | `expected`, `grouped` |
| know how likely a surprise is by chance | `surprises`, `tails` |
| know how likely it is to leave these battles and vote on those | `abstaining` |
| judge a voter; a cohort of voters | `voters`; `cohorts` |
| decide, given how many were judged | `levels`, `holds` |
| see whom the decision costs votes | `two_sided` |

Begin with `holds.find_holds`.
"""
