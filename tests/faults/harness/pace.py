"""How fast the workers are, measured so that the speed of this machine hardly matters."""

from tests.factories import MailServerFactory, send
from tests.faults.harness.database import wait_until
from tests.faults.harness.ledger import is_idle
from tests.faults.harness.rules import Rule
from tests.faults.harness.works import Works

#: Nearly all of the time passes in waiting for the server, so that what is measured is how many wait at once.
_SLOWLY = Rule("DOT", accepts=True, delay_s=0.04)


def rate(works: Works, count: int) -> float:
    """Messages a second that the workers, who have nothing else to do, bring to a server as slow as one far away.

    ``count`` messages are sent: a claim for each of the workers, or some will have nothing to do.
    """
    sink = works.sink(_SLOWLY)
    send(MailServerFactory(port=sink.port).tenant, *[f"r{n}@example.org" for n in range(count)])
    sink.wait_for(count, timeout_s=20)
    wait_until(is_idle, "all mail is settled")
    # Without the beginning and the end, when not all of them have something to do.
    times = sorted(entry["at"] for entry in sink.entries)[count // 4 : -count // 4]
    return len(times) / (times[-1] - times[0])
