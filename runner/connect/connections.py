"""Connections of one run: the service hosts of the site, and a session to each, opened early or at the first call."""

import shutil
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from mlnc.ir.ir_yaml import InvalidIr, load_site
from mlnc.ir.model import ServiceHost
from mlnc.output.errors import Refused
from mlnc.output.output_folder import OutputRefused
from mlnc.output.transaction import recover
from mlnc.runner.connect.session import Session
from mlnc.runner.connect.transport import OpenTransport, open_transport


class Connections:
    """The service hosts of the site in *out*, and the sessions to them. Raises Refused where these cannot be read."""

    def __init__(self, out: Path, transport: OpenTransport = open_transport) -> None:
        self.out = out
        self.site = _load_site(out)
        self._transport = transport
        self._lock = threading.Lock()
        self._folder = Path(tempfile.mkdtemp(prefix="mlnc-"))
        self._sessions: dict[str, Session] = {}

    def built(self) -> list[str]:
        """The servers that something was built for, sorted."""
        return sorted(name for name in self.site if (self.out / "hosts" / name).is_dir())

    def connect(self, servers: Iterable[str], parallel: int) -> None:
        """Begin to connect to the first *parallel* of *servers*, while other things are done. Nothing is sent."""
        for server in islice(servers, parallel):
            self.session(server).open()

    def session(self, server: str) -> Session:
        """The way to *server*, opened when first needed."""
        with self._lock:
            if server not in self._sessions:
                folder = self._folder / f"s{len(self._sessions)}"
                folder.mkdir(mode=0o700)
                self._sessions[server] = Session(self._transport(self.site[server], folder))
            return self._sessions[server]

    def close(self) -> None:
        """Close every connection and remove what is private to this run."""
        with ThreadPoolExecutor(max(1, len(self._sessions))) as pool:
            list(pool.map(Session.close, self._sessions.values()))
        self._sessions.clear()
        shutil.rmtree(self._folder, ignore_errors=True)


def _load_site(out: Path) -> dict[str, ServiceHost]:
    """The servers, as the last build has them, which is brought to its end where it was interrupted."""
    file = out / "ir" / "site.yaml"
    try:
        recover(out)
        return load_site(file.read_text(encoding="utf-8")).service_hosts
    except OutputRefused as error:
        raise Refused(str(error)) from None
    except (OSError, InvalidIr) as error:
        raise Refused(
            f"{file} cannot be read: {error}. Build again, or name another folder with --out"
        ) from None
