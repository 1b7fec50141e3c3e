"""The Elo scale: a difference of 400 points means odds of ten to one, and the mean of a board is 1000."""

import math

# Fits are computed in natural units (log odds), and shown in Elo.
ELO_PER_NAT = 400 / math.log(10)
CENTRE = 1000.0
