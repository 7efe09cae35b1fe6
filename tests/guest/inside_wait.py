"""Runs until somebody stops the guest; stop.py boots and does it."""
import time

import inside

inside.write("up", True)
time.sleep(3600)
