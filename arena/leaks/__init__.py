"""The leak meter: how well contenders can be recognised before the vote, by each thing that a voter gets to see.

`channels.py` says what is seen of a reply, `recognition.py` how well that tells who wrote it, `meter.py` reads the
replies of a month and keeps the figures. Blindness cannot be promised, so it is measured and published.
"""
