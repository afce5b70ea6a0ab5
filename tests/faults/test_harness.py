"""The instruments themselves: what the sink counts is what arrived."""

import os
import subprocess
import sys
import time
from pathlib import Path

from notifications.delivery.transports import open_session
from notifications.states import Verdict
from tests.faults.harness.mail import messages, smtp_route
from tests.faults.harness.rules import Rule, from_json, to_json
from tests.faults.harness.sink import Sink, read_record


def test_rules_survive_the_way_to_another_process() -> None:
    rules = [Rule("RCPT", reply="550 no", argument="<a@", skip=1, times=2), Rule("DOT", do="drop", accepts=True)]

    assert from_json(to_json(rules)) == rules


def test_a_sink_of_its_own_process_records_each_message_on_a_line(tmp_path: Path) -> None:
    record = tmp_path / "accepted.jsonl"
    command = [sys.executable, "-m", "tests.faults.harness.sink", "--record", str(record), "--rules"]
    rules = to_json([Rule("RCPT", reply="550 5.1.1 no such user", argument="<user7@")])

    with subprocess.Popen([*command, rules], stdout=subprocess.PIPE, text=True, env=os.environ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline().removeprefix("listening "))
        with open_session(smtp_route(port)) as session:
            outcomes = session.send(messages(20))
        process.terminate()
        process.communicate(timeout=10)

    assert [outcome.message_id for outcome in outcomes if outcome.verdict is Verdict.NEVER] == [7]
    lines = read_record(record)
    assert [line["message_id"] for line in lines] == [f"<{n}@angarium.test>" for n in range(1, 21) if n != 7]
    assert {tuple(line["recipients"]) for line in lines} == {(f"user{n}@example.test",) for n in range(1, 21) if n != 7}


def test_the_sink_counts_a_drain_of_thousands_in_seconds() -> None:
    window = messages(3000)
    began = time.monotonic()

    with Sink() as sink, open_session(smtp_route(sink.port)) as session:
        for start in range(0, 3000, 20):
            session.send(window[start : start + 20])

    assert len(sink.accepted) == len(set(sink.message_ids)) == 3000
    # Far below what it does, far above what would make drains of 5,000 a burden.
    assert time.monotonic() - began < 6
