"""The Elo scale: 400 points are odds of ten to one, and a board's mean is 1000."""

import math

# Fits run in natural units (log odds); people read Elo.
ELO_PER_NAT = 400 / math.log(10)
CENTRE = 1000.0
