"""The audit log: who did what, when and from where, as rows that nobody can change without being found.

Whoever changes what readers see calls `record` (log.py) in the transaction of the change; `acting` (acting.py) says
from which command or page. `chain.py` has the arithmetic of the hashes, `verification.py` goes through the whole log.
"""
