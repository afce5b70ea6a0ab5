"""How fast the workers are, measured so that the speed of this machine hardly matters."""

from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import is_idle
from tests.faults.harness.rules import Rule
from tests.faults.harness.works import Works


def rate(works: Works) -> float:
    """Messages a second that the workers, who have nothing else to do, bring to a server as slow as one on the net."""
    sink = works.sink(Rule("DOT", accepts=True, delay_s=0.02))
    send(MailServerFactory(port=sink.port).tenant, *[f"r{n}@example.org" for n in range(420)])
    sink.wait_for(420)
    wait_until(is_idle, "all mail is settled")
    # Without the beginning and the end, when not all of them have something to do.
    times = sorted(entry["at"] for entry in sink.entries)[80:320]
    return len(times) / (times[-1] - times[0])
