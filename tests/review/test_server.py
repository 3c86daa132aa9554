"""The page's server: who is dealt what, what is kept, and who is kept out."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from audio_cogito.review import journal
from audio_cogito.review.samples import SampleJob
from audio_cogito.run import Run
from audio_cogito.types import Attribute, Facts
from made import make_clip, make_question, make_trace
from reviewing import PASSED, Reviewer, make_run, serving


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


@pytest.fixture
def anna(run: Run) -> Iterator[Reviewer]:
    with serving(SampleJob(run), run.folder) as url:
        yield Reviewer(url)


def ben(anna: Reviewer) -> Reviewer:
    return Reviewer(anna.url, "ben")


def test_decision_is_on_disk_with_who_when_and_what_it_was_before(anna: Reviewer, run: Run) -> None:
    item = anna.next("rejected")
    status, taken = anna.decide(item, "accept", note="the dog is there")
    assert status == 200
    (decision,) = journal.read(run.folder / journal.FILE)
    assert (decision.subject, decision.action, decision.by) == (item["subject"], "accept", "anna")
    assert (decision.before, decision.version, decision.note) == ("rejected", 0, "the dog is there")
    assert decision.at.endswith("+00:00")
    assert taken["counts"]["done"] == 1


def test_two_reviewers_are_never_dealt_the_same_item(anna: Reviewer) -> None:
    other = ben(anna)
    seen = []
    for _ in range(3):
        for reviewer in (anna, other):
            item = reviewer.next()
            seen.append(item["subject"])
            reviewer.decide(item, "accept")
    assert len(set(seen)) == 6
    assert anna.next() is None


def test_reload_gives_the_same_item_again_and_passing_over_another(anna: Reviewer) -> None:
    first = anna.next()
    assert anna.next()["subject"] == first["subject"]
    second = anna.next(passing=first["subject"])
    assert second["subject"] != first["subject"]
    assert ben(anna).next()["subject"] == first["subject"]


def test_decision_on_an_old_version_is_refused_and_both_are_shown(anna: Reviewer, run: Run) -> None:
    item = anna.next()
    assert ben(anna).decide(item, "reject", reason="unheard")[0] == 200
    status, conflict = anna.decide(item, "accept", note="mine")
    assert status == 409
    assert [decision["by"] for decision in conflict["item"]["history"]] == ["ben"]
    assert conflict["yours"]["note"] == "mine"
    assert len(journal.read(run.folder / journal.FILE)) == 1
    assert anna.decide(conflict["item"], "accept", note="mine")[0] == 200
    assert [decision.by for decision in journal.read(run.folder / journal.FILE)] == ["ben", "anna"]


def test_second_tab_of_the_same_person_overwrites_nothing(anna: Reviewer, run: Run) -> None:
    tabs = [anna.next(), anna.next()]
    assert tabs[0]["subject"] == tabs[1]["subject"]
    words = [tabs[0]["text"] | {"thinking": f"Tab {n}."} for n in range(2)]
    assert anna.decide(tabs[0], "edit", now=words[0])[0] == 200
    status, conflict = anna.decide(tabs[1], "edit", now=words[1])
    assert (status, conflict["item"]["text"], conflict["yours"]["now"]) == (409, words[0], words[1])
    assert anna.decide(conflict["item"], "edit", now=words[1])[0] == 200
    kept = [decision.now.thinking for decision in journal.read(run.folder / journal.FILE) if decision.now]
    assert kept == ["Tab 0.", "Tab 1."]


def test_decision_that_is_sent_twice_is_taken_once(anna: Reviewer, run: Run) -> None:
    item = anna.next()
    first = anna.decide(item, "accept", key="k1")
    again = anna.decide(item, "accept", key="k1")
    assert (first[0], again[0]) == (200, 200)
    assert again[1]["decision"] == first[1]["decision"]
    assert len(journal.read(run.folder / journal.FILE)) == 1


def test_decision_whose_answer_a_restart_swallowed_is_taken_once(run: Run) -> None:
    with serving(SampleJob(run), run.folder) as url:
        item = Reviewer(url).next()
        first = Reviewer(url).decide(item, "edit", key="k1", now=item["text"] | {"thinking": "One bark."})
    with serving(SampleJob(run), run.folder) as url:
        again = Reviewer(url).decide(item, "edit", key="k1", now=item["text"] | {"thinking": "One bark."})
        assert Reviewer(url).item(item["subject"])["text"]["thinking"] == "One bark."
    assert again[1]["decision"] == first[1]["decision"]
    assert len(journal.read(run.folder / journal.FILE)) == 1


def test_second_of_a_double_review_sees_nothing_of_the_first(run: Run) -> None:
    with serving(SampleJob(run), run.folder, share=1.0) as url:
        anna, other = Reviewer(url, "anna"), Reviewer(url, "ben")
        item = anna.next()
        anna.decide(item, "reject", reason="unheard")
        same = other.item(item["subject"])
        assert (same["double"], same["history"], same["version"], same["standing"]) == (True, [], 0, same["checks"])
        status, _ = other.decide(same, "accept")
        assert status == 200
        assert [d["by"] for d in anna.item(item["subject"])["history"]] == ["anna", "ben"]
        state = anna.get("/api/state?who=anna")[1]
        assert state["people"]["subjects"] == 1
        assert state["people"]["pairs"][0]["reviewers"] == ["anna", "ben"]
        assert state["counts"]["queues"]["disagreed"] == 1
        settled = Reviewer(url, "cleo").next("disagreed")
        assert settled["subject"] == item["subject"]
        Reviewer(url, "cleo").decide(settled, "accept")
        assert anna.get("/api/state?who=anna")[1]["counts"]["queues"]["disagreed"] == 0


def test_third_is_not_dealt_what_two_are_at(run: Run) -> None:
    with serving(SampleJob(run), run.folder, share=1.0) as url:
        dealt = [Reviewer(url, who).next()["subject"] for who in ("anna", "ben", "cleo")]
    assert dealt[0] == dealt[1] != dealt[2]


def test_flagged_item_waits_for_somebody_else(anna: Reviewer) -> None:
    item = anna.next()
    anna.decide(item, "flag", note="I am not sure")
    assert anna.next()["subject"] != item["subject"]
    assert ben(anna).next("flagged")["subject"] == item["subject"]


def test_edit_that_is_no_answer_is_refused_with_a_reason(anna: Reviewer, run: Run) -> None:
    item = anna.next()
    status, said = anna.decide(item, "edit", now=item["text"] | {"answer": "A horse"})
    assert (status, said["said"].split(":")[0]) == (422, "the answer cannot be read")
    status, said = anna.decide(item, "edit", now=item["text"] | {"key": "Horse"})
    assert (status, said["said"]) == (422, "the key has to be one of the choices, word for word")
    assert journal.read(run.folder / journal.FILE) == []


def test_edit_is_shown_as_the_text_and_the_original_is_kept(anna: Reviewer) -> None:
    item = anna.next()
    changed = item["text"] | {"thinking": "One bark, near."}
    assert anna.decide(item, "edit", now=changed)[0] == 200
    again = anna.item(item["subject"])
    assert again["text"] == changed
    assert again["original"] == item["text"]
    assert again["history"][0]["was"] == item["text"]


def test_findings_are_kept_back_until_the_person_has_decided(run: Run) -> None:
    with serving(SampleJob(run, hide_findings=True), run.folder) as url:
        anna = Reviewer(url)
        item = anna.next()
        assert (item["verdicts"], item["checks"], item["standing"]) == ([], None, "")
        assert "rejected" not in anna.get("/api/state?who=anna")[1]["counts"]["queues"]
        anna.decide(item, "accept")
        assert anna.item(item["subject"])["verdicts"]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Origin": "http://evil.example"}, "may not change anything"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
        ({"Content-Type": "text/plain"}, "from the review page"),
        ({"Host": "evil.example"}, "not called"),
    ],
)
def test_post_of_another_site_is_refused(anna: Reviewer, run: Run, headers: dict[str, str], why: str) -> None:
    item = anna.next()
    asked = {"subject": item["subject"], "version": 0, "action": "accept", "by": "anna", "key": "k"}
    status, said = anna.post("/api/decide", asked, **headers)
    assert status == 403
    assert why in said.decode()
    assert journal.read(run.folder / journal.FILE) == []


def test_post_without_the_page_header_is_refused(anna: Reviewer) -> None:
    anna.headers = {}
    assert anna.post("/api/next", {"who": "anna"})[0] == 403


def test_own_origin_is_let_in(anna: Reviewer) -> None:
    assert anna.post("/api/next", {"who": "anna"}, Origin=anna.url)[0] == 200


def test_read_by_a_name_that_came_to_mean_this_machine_is_refused(anna: Reviewer) -> None:
    assert anna.get("/api/state", Host="evil.example")[0] == 403


def test_without_the_token_nothing_is_shown(run: Run) -> None:
    with serving(SampleJob(run), run.folder, hosts=None, token="abcdefghijkl") as url:
        anna = Reviewer(url)
        for path in ("/", "/api/state", "/page/app.js", "/?token=wrong"):
            assert anna.get(path)[0] == 401
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        connection.request("GET", "/?token=abcdefghijkl")
        answer = connection.getresponse()
        cookie = answer.headers["Set-Cookie"]
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        connection.close()
        assert anna.get("/api/state", Cookie=cookie.partition(";")[0])[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/page/../server.py",
        "/page/%2e%2e%2fserver.py",
        "/sound/..%2f..%2f..%2fetc%2fpasswd",
        "/sound/" + "0" * 32,
        "/page/review.py",
        "/reviews.jsonl",
    ],
)
def test_no_file_beside_the_run_and_the_page_is_read(anna: Reviewer, path: str) -> None:
    assert anna.get(path)[0] == 404


def test_sound_comes_in_ranges(anna: Reviewer) -> None:
    place = urlsplit(anna.url)
    sound = anna.next()["sounds"][0]["id"]
    whole = anna.get(f"/sound/{sound}")[1]
    assert whole[:4] == b"fLaC"
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    connection.request("GET", f"/sound/{sound}", headers={"Range": "bytes=100-199"})
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (206, whole[100:200])
    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    connection.close()


def test_html_in_metadata_is_data_under_a_policy_that_runs_nothing_of_it(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(1)</script>"
    title = Attribute(key="title", value=evil, origin="human")
    question = make_question("Dog", evil, text=evil, clips=(make_clip(facts=Facts(attributes=(title,))),))
    run = make_run(tmp_path, [make_trace(question, thinking=evil, verdicts=(PASSED,))])
    with serving(SampleJob(run), run.folder) as url:
        place = urlsplit(url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port)
        connection.request("POST", "/api/next", json.dumps({"who": "anna"}),
                           {"X-Cogito-Review": "1", "Content-Type": "application/json"})  # fmt: skip
        answer = connection.getresponse()
        said = json.loads(answer.read())
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        connection.close()
    assert said["item"]["text"]["question"] == evil
    assert "script-src 'self';" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"who": ""}',
        b'{"who": "a\\u0000b"}',
        b'{"who": "a\\u202eb"}',
        b'{"who": "anna", "extra": 1}',
        b"[1]",
    ],
)
def test_request_out_of_form_is_a_line_and_no_crash(anna: Reviewer, body: bytes) -> None:
    status, said = anna.post("/api/next", body)
    assert status == 400
    assert said["said"].startswith("this is no request of the page")


def test_unknown_item_is_a_line(anna: Reviewer) -> None:
    assert anna.get("/api/item/nothing?who=anna") == (404, {"said": "there is no such item"})
    asked = {"subject": "nothing", "version": 0, "action": "accept", "by": "anna", "key": "k"}
    assert anna.post("/api/decide", asked) == (404, {"said": "there is no such item"})


def test_decision_that_the_disk_refuses_is_told_as_not_saved(
    anna: Reviewer, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = anna.next()

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("audio_cogito.review.journal.os.fsync", full)
    status, said = anna.decide(item, "accept")
    assert status == 507
    assert said["said"].startswith("NOT saved")
    assert "No space left" in said["said"]
    monkeypatch.undo()
    assert journal.read(run.folder / journal.FILE) == []
    assert anna.decide(item, "accept")[0] == 200
    assert len(journal.read(run.folder / journal.FILE)) == 1
