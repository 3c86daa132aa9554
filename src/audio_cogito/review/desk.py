"""Who reviews what: items are dealt so that no two people get the same one, but for a share that two are to judge.

What is dealt is held for its reviewer until it is decided, passed over, or left alone for `LEASE` seconds. Of the share
under double review neither reviewer sees what the other said before both have spoken. Every decision names the version
it was made on: how many decisions its maker could see. Where there are more by now, it is refused and both are shown.
A seed that somebody wrote is one more subject from then on.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from audio_cogito.review.decisions import Action, Decision, SampleText, SeedText
from audio_cogito.review.journal import Journal, by_subject
from audio_cogito.run import now
from audio_cogito.types import Record, identity

LEASE = 600.0
"""Seconds for which an item that was dealt and left alone is held."""
Queue = str
"""`all`, `flagged`, `disagreed`, or where a subject stands by the checks (for seeds, its domain)."""


class Asked(Record):
    """A decision as the page sends it."""

    subject: str
    action: Action
    by: str
    version: int
    key: str
    reason: str = ""
    note: str = ""
    now: SampleText | None = None
    seed_now: SeedText | None = None
    seen: tuple[str, ...] = ()
    """Of a seed that a person wrote, what the lint says of it, as its author was shown it."""


class Stood(NamedTuple):
    """Where a subject stands before a decision, and its words where they are to be edited."""

    where: str
    was: SampleText | None = None
    seed_was: SeedText | None = None


def amiss(asked: Asked, reasons: Mapping[str, str]) -> str | None:
    """Why a decision cannot be taken, whatever it is about; None where it can."""
    if asked.action == "reject" and asked.reason not in reasons:
        return "a rejection needs one of the reasons"
    words = asked.now is not None or asked.seed_now is not None
    if words != (asked.action in ("edit", "add")):
        return "only an edit changes the words" if words else "an edit needs the new words"
    return None


class Outdated(Exception):
    """The subject was decided upon since its maker last saw it."""


class Unseen(Exception):
    """The lint says of a new seed what its author was not shown."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("the lint says something of it that you were not shown")
        self.faults = faults


class Counts(Record, omit_defaults=False):
    """How far the review is."""

    subjects: int
    done: int
    """Subjects that as many people as wanted have decided upon."""
    actions: dict[Action, int]
    """Subjects by what was last said of them."""
    by: dict[str, int]
    """Decisions by reviewer."""
    queues: dict[Queue, int]
    """Subjects left in each queue."""


class Desk:
    """The subjects in the order in which they are dealt, and what has become of each."""

    def __init__(
        self,
        subjects: Mapping[str, str],
        journal: Journal,
        *,
        share: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`subjects` says of each in which queue it is. They are dealt by hash, so that those that were decided on at
        any moment are a fair sample of all."""
        self.queue_of = _by_hash({**_written(journal.decisions), **subjects})
        self.journal, self.share, self._clock = journal, share, clock
        self.said = by_subject(journal.decisions)
        self._keys = {decision.key: decision for decision in journal.decisions}
        self._leases: dict[str, dict[str, float]] = {}
        self._passed: dict[str, set[str]] = {}

    # --- dealing ------------------------------------------------------------------------------------------------------

    def next(self, who: str, queue: Queue = "all") -> str | None:
        """The item that `who` is to review: the one that is held for them, or else the first that is free."""
        held = [subject for subject, leases in self._leases.items() if self._holds(leases, who)]
        for subject in held:
            if self._in(queue, subject) and self.waits_for(subject, who, queue):
                self.hold(subject, who)
                return subject
        passed = self._passed.get(who, set())
        found = next((s for s in self._waiting(queue, who) if s not in passed and self._free(s, who)), None)
        self._release_all(who)
        if found is not None:
            self.hold(found, who)
        return found

    def hold(self, subject: str, who: str) -> None:
        """Hold an item that `who` looks at; others are no longer dealt it."""
        self._leases.setdefault(subject, {})[who] = self._clock() + LEASE

    def pass_over(self, subject: str, who: str) -> None:
        """Leave an item to others; it comes again for `who` when the server starts anew, or by its address."""
        self._passed.setdefault(who, set()).add(subject)
        self._release(subject, who)

    def double(self, subject: str) -> bool:
        """Whether two people are to judge it, neither seeing what the other said."""
        return int(identity("double", subject)[:8], 16) < self.share * 2**32

    def visible(self, subject: str, who: str) -> list[Decision]:
        """The decisions about a subject that `who` may see: while a double review is open, their own alone."""
        said = self.said.get(subject, [])
        if self.double(subject) and len(_people(said)) < 2:
            return [decision for decision in said if decision.by == who]
        return said

    def _waiting(self, queue: Queue, who: str) -> Iterable[str]:
        return (s for s in self.queue_of if self._in(queue, s) and self.waits_for(s, who, queue))

    def _in(self, queue: Queue, subject: str) -> bool:
        if queue in SPECIAL:
            return SPECIAL[queue](self.said.get(subject, []))
        return queue in ("all", self.queue_of.get(subject))

    def waits_for(self, subject: str, who: str, queue: Queue = "all") -> bool:
        """Whether a decision of theirs is still wanted: in a queue of open cases, anybody's."""
        said = self.said.get(subject)
        if not said or queue in SPECIAL:
            return True
        people = _people(said)
        few = len(people) < (2 if self.double(subject) else 1)
        return who not in people and (few or is_flagged(said) or disagreed(said))

    def _free(self, subject: str, who: str) -> bool:
        others = sum(self._holds(self._leases[subject], o) for o in self._leases.get(subject, ()) if o != who)
        if not others:
            return True
        return self.double(subject) and others + len(_people(self.said.get(subject, []))) < 2

    def _holds(self, leases: Mapping[str, float], who: str) -> bool:
        return leases.get(who, 0.0) > self._clock()

    def _release_all(self, who: str) -> None:
        for subject in [subject for subject, leases in self._leases.items() if who in leases]:
            self._release(subject, who)

    def _release(self, subject: str, who: str) -> None:
        leases = self._leases.get(subject, {})
        leases.pop(who, None)
        if not leases:
            self._leases.pop(subject, None)

    # --- deciding -----------------------------------------------------------------------------------------------------

    def knows(self, key: str) -> bool:
        """Whether a decision of this name was taken."""
        return key in self._keys

    def already(self, asked: Asked) -> Decision | None:
        """The decision, where it was taken before and the answer was lost on its way."""
        return self._keys.get(asked.key)

    def decide(
        self,
        asked: Asked,
        stood: Stood,
        *,
        at: str | None = None,
        seen: bool = False,
    ) -> Decision:
        """Take a decision: it is on disk when this returns.

        `at` is when, where that is not now; `seen` says that its maker may have seen what others said.
        Raises KeyError for an unknown subject, or for one to be added that is there; Outdated where others were taken
        since; SetupError where the disk refuses.
        """
        if (asked.subject in self.queue_of) == (asked.action == "add"):
            raise KeyError(asked.subject)
        if asked.action != "add" and asked.version != len(self.visible(asked.subject, asked.by)):
            raise Outdated
        said = self.said.get(asked.subject, [])
        decision = Decision(
            number=len(self.journal.decisions) + 1,
            subject=asked.subject,
            action=asked.action,
            by=asked.by,
            at=at or now(),
            version=len(said),
            key=asked.key,
            reason=asked.reason,
            note=asked.note,
            before=stood.where,
            blind=not seen and asked.action != "add" and self._is_blind(asked, said),
            was=stood.was,
            now=asked.now,
            seed_was=stood.seed_was,
            seed_now=asked.seed_now,
            faults=asked.seen,
        )
        self.journal.append(decision)
        if asked.action == "add":
            self.queue_of = _by_hash({**_written([decision]), **self.queue_of})
        self.said.setdefault(asked.subject, []).append(decision)
        self._keys[asked.key] = decision
        self._release(asked.subject, asked.by)
        return decision

    def _is_blind(self, asked: Asked, said: Sequence[Decision]) -> bool:
        return self.double(asked.subject) and len(_people(said)) < 2 and asked.by not in _people(said)

    # --- counting -----------------------------------------------------------------------------------------------------

    def counts(self) -> Counts:
        known = {subject: said for subject, said in self.said.items() if subject in self.queue_of}
        done = {s for s, said in known.items() if len(_people(said)) >= (2 if self.double(s) else 1)}
        left = Counter(self.queue_of.values())
        left.subtract(Counter(self.queue_of[subject] for subject in done))
        return Counts(
            subjects=len(self.queue_of),
            done=len(done),
            actions=Counter(said[-1].action for said in known.values()),
            by=Counter(decision.by for said in known.values() for decision in said),
            queues={
                "all": len(self.queue_of) - len(done),
                **dict(sorted(left.items())),
                **{name: sum(map(test, known.values())) for name, test in SPECIAL.items()},
            },
        )


def is_flagged(said: Sequence[Decision]) -> bool:
    """Whether somebody asked for another look, and nobody has decided since."""
    return bool(said) and said[-1].action == "flag"


def disagreed(said: Sequence[Decision]) -> bool:
    """Whether two people judged it without seeing each other, differently, and nobody has settled it since."""
    return len(said) > 1 and said[-1].blind and len({(d.action, d.now, d.seed_now) for d in blind_pair(said)}) > 1


def blind_pair(said: Sequence[Decision]) -> list[Decision]:
    """What each reviewer said before seeing the other, where there are two such."""
    found = {decision.by: decision for decision in reversed(said) if decision.blind}
    return list(found.values())[::-1] if len(found) == 2 else []


def _written(decisions: Iterable[Decision]) -> dict[str, str]:
    """The seeds that people wrote, with their queues."""
    return {one.subject: one.seed_now.domain for one in decisions if one.action == "add" and one.seed_now is not None}


def _by_hash(subjects: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(subjects.items(), key=lambda item: identity("review", item[0])))


def _people(said: Iterable[Decision]) -> set[str]:
    return {decision.by for decision in said}


SPECIAL: Mapping[Queue, Callable[[Sequence[Decision]], bool]] = {"flagged": is_flagged, "disagreed": disagreed}
"""Queues of what is open again."""
