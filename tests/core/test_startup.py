"""What a start leaves behind."""

import subprocess
import sys

from config.env import ROOT

STARTED = "import gc, django; django.setup(); print(gc.isenabled(), gc.get_freeze_count() > 10_000)"


def test_the_collector_works_again_and_passes_over_what_was_loaded() -> None:
    run = subprocess.run([sys.executable, "-c", STARTED], cwd=ROOT, capture_output=True, text=True, timeout=60)

    assert run.stdout == "True True\n", run.stderr
