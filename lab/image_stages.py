"""Images are made in stages, each by one script, once: a stage runs again when its script or what it reads changes."""

import hashlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mlnc.lab.requirements import Lacking, environment


@dataclass(frozen=True, slots=True)
class ImageStage:
    """*script* makes *result*, its first argument; the others are earlier stages, files, folders and plain words."""

    result: Path
    script: Path
    arguments: tuple["ImageStage | Path | str", ...] = ()

    @property
    def stamp(self) -> Path:
        """Says of what the result was made."""
        return self.result.with_name(f"{self.result.name}.made")

    @property
    def log(self) -> Path:
        """What the script said when it last ran."""
        return self.result.with_name(f"{self.result.name}.log")

    def digest(self) -> str:
        """The SHA-256 of all that decides about the result; of an earlier stage, its stamp."""
        total = hashlib.sha256()
        for each in (self.script, *self.arguments):
            if isinstance(each, str):
                total.update(f"{each}\0".encode())
                continue
            for file in _files(each.stamp if isinstance(each, ImageStage) else each):
                total.update(f"{file.name}\0{file.stat().st_mode & 0o111}\0".encode() + file.read_bytes())
        return total.hexdigest()

    def is_made(self) -> bool:
        """Whether the result is there, and made of what stands there now."""
        try:
            return self.result.exists() and self.stamp.read_text() == self.digest()
        except FileNotFoundError:
            return False

    def make(self) -> None:
        """Run the script; raises :class:`Lacking` with the end of its output where it fails."""
        self.stamp.unlink(missing_ok=True)
        words = [each.result if isinstance(each, ImageStage) else each for each in self.arguments]
        with self.log.open("w") as log:
            status = _run([self.script, self.result, *words], log)
        if status != 0:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Lacking(f"{self.result.name} could not be made; {self.log} ends with\n{end}")
        self.stamp.write_text(self.digest())


def make(stages: list[ImageStage]) -> None:
    """Make what is not made yet, in order, saying what and how long it took."""
    for stage in stages:
        if stage.is_made():
            continue
        print(f"making {stage.result.name} ...", end=" ", flush=True)
        begun = time.monotonic()
        stage.make()
        print(f"{time.monotonic() - begun:.0f} s", flush=True)


def _run(words: Sequence[Path | str], log: TextIO) -> int:
    """The exit status of a command. Ctrl-C reaches it, too; its end is waited for, since it clears up before that."""
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment())
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


def _files(path: Path) -> Iterator[Path]:
    """*path*, or the files below it, in an order that depends on their names alone."""
    if path.is_dir():
        yield from (file for file in sorted(path.rglob("*")) if file.is_file())
    else:
        yield path
