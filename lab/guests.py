"""What guests of the template say about themselves, asked over the network of the servers."""

from dataclasses import dataclass, field

from mlnc.lab.lab_paths import Lab, Server
from mlnc.lab.servers import run

_ASK = (
    "timeout {seconds} bash -c 'exec 3<>/dev/tcp/{address}/80 && "
    'printf "GET /cgi-bin/{page} HTTP/1.0\\r\\n\\r\\n" >&3 && cat <&3\''
)


@dataclass(slots=True)
class Identity:
    """A guest as it sees itself: each kind of fact, such as ``user``, with its values in the order it told them."""

    facts: dict[str, list[str]] = field(default_factory=dict)

    def one(self, kind: str) -> str:
        """The only value of that kind; raises KeyError or ValueError where there is not just one."""
        (value,) = self.facts[kind]
        return value

    def all(self, kind: str) -> set[str]:
        """Every value of that kind."""
        return set(self.facts.get(kind, ()))

    @property
    def tick(self) -> tuple[int, int]:
        """How often it was started since its disk was made, and how far it has counted since then."""
        boot, tick = self.one("tick").split()
        return int(boot), int(tick)


def identity(lab: Lab, server: Server, address: str, seconds: int = 20) -> Identity | None:
    """What the guest at *address* tells *server*; None where it does not answer within that time."""
    lines = _page(lab, server, address, "identity", seconds)
    if lines is None:
        return None
    found = Identity()
    for line in lines:
        kind, _, value = line.partition(" ")
        found.facts.setdefault(kind, []).append(value)
    return found


def ticks(lab: Lab, server: Server, address: str, seconds: int = 60) -> list[tuple[int, int]]:
    """Start and tick of each line that the guest at *address* ever wrote down; empty where it does not answer."""
    return read_ticks(_page(lab, server, address, "ticks", seconds) or [])


def read_ticks(lines: list[str]) -> list[tuple[int, int]]:
    """Start and tick of each line. Raises ValueError for one that no guest wrote.

    Zeros stand for what had not reached the disk when the server lost its power, so a guest has started behind them.
    """
    found = []
    for line in lines:
        boot, tick = map(int, line.lstrip("\0").split())
        if line.startswith("\0") and tick != 1:
            raise ValueError(f"zeros within start {boot}, before tick {tick}")
        found.append((boot, tick))
    return found


def gaps(written: list[tuple[int, int]]) -> list[str]:
    """Where what a guest wrote down is broken: a tick that is missing, doubled or out of order."""
    found = []
    for before, after in zip([(0, 0), *written], written, strict=False):
        if after not in ((before[0], before[1] + 1), (before[0] + 1, 1)):
            found.append(f"{after} follows {before}")
    return found


def _page(lab: Lab, server: Server, address: str, page: str, seconds: int) -> list[str] | None:
    """The lines of a page, without the head of the answer."""
    answer = run(lab, server, _ASK.format(seconds=seconds, address=address, page=page), seconds=seconds + 15)
    head, blank, body = answer.stdout.replace("\r\n", "\n").partition("\n\n")
    return body.splitlines() if answer.returncode == 0 and blank and " 200 " in head.split("\n")[0] else None
