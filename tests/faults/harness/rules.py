"""What the sink does wrong, and when. Plain data, so that a sink in another process takes the same rules as JSON."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

Step = Literal["BANNER", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "BODY", "DOT", "RSET", "QUIT"]
Action = Literal["reply", "drop", "reset", "silence", "endless", "long_line", "drip", "inject"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One misbehaviour. The first rule that fits a step and is not used up applies."""

    step: Step
    #: reply: say ``reply``. drop: close (reset: with a TCP reset). silence: neither answer nor read. endless: a
    #: multiline reply without end. long_line: ten megabytes without a line end. drip: ``reply`` a byte at a time,
    #: ``delay_s`` apart. inject: ``reply`` right behind the usual answer, in one packet.
    do: Action = "reply"
    reply: str = ""
    #: Applies only to commands that contain it, such as an address.
    argument: str = ""
    #: Lets so many pass first.
    skip: int = 0
    #: Applies so often; None: always.
    times: int | None = None
    delay_s: float = 0.0
    #: At DOT: the message counts as accepted, whatever is said about it.
    accepts: bool = False


class Rulebook:
    """The rules of one sink with their counters, shared by all its connections."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._by_step: dict[str, list[tuple[Rule, list[int]]]] = {}
        for rule in rules:
            self._by_step.setdefault(rule.step, []).append((rule, [0]))

    def find(self, step: str, command: str = "") -> Rule | None:
        for rule, used in self._by_step.get(step, ()):
            if rule.argument and rule.argument.lower() not in command.lower():
                continue
            used[0] += 1
            if used[0] > rule.skip and (rule.times is None or used[0] <= rule.skip + rule.times):
                return rule
        return None


def to_json(rules: Iterable[Rule]) -> str:
    return json.dumps([asdict(rule) for rule in rules])


def from_json(text: str) -> list[Rule]:
    return [Rule(**entry) for entry in json.loads(text)]
