"""The nearest known name to a misspelt one."""

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that *word* was probably meant to be, None where none is near. Case does not count."""
    by_folded = {name.casefold(): name for name in sorted(candidates, reverse=True)}
    folded = word.casefold()
    # two letters swapped in a short word leave less in common than the cutoff asks for
    swapped = [name for name in sorted(by_folded) if len(name) > 2 and sorted(name) == sorted(folded)]
    near = swapped or get_close_matches(folded, sorted(by_folded), n=1, cutoff=0.7)
    return by_folded[near[0]] if near else None
