"""`python -m arena` is `arena`."""

import sys

from arena.cli import main

sys.exit(main())
