"""Releases: folders of votes, and of texts whose voters allow it, made to be given to everybody.

`release` makes one, `screening` decides which texts may be in it by two detectors of personal data (`own_detector` with
its rules, `presidio_detector`), `approval` lets a person read a sample and sign, `verification` computes the board anew
from the folder alone. Called by `commands`.
"""
