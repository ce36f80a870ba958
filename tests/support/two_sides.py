"""The old side of an upgrade for tests: what was built is taken for deployed."""

from pathlib import Path

from mlnc.output.artifact import SERVER_ROOM
from mlnc.output.bundle import bundles
from mlnc.output.deployed_record import DeployedRecord, write_record
from mlnc.output.manifest import load_manifest


def record(out: Path) -> None:
    """Write the records that a deployment of all that is built in *out* would leave."""
    manifest = load_manifest(out)
    assert manifest is not None
    records: dict[str, DeployedRecord] = {}
    for server, found in bundles(out, manifest).items():
        for project, bundle in found.items():
            text = None
            if project != SERVER_ROOM:
                text = (out / f"ir/{project}.yaml").read_text(encoding="utf-8")
            records.setdefault(project, DeployedRecord(project)).note(server, bundle.generation, text)
    for each in records.values():
        write_record(out, each)
