"""A moment can be used from its first coarse result on, and whatever stops it leaves one that is whole."""
import json
import os
import signal
import struct
import subprocess
import time

from support import PROGRAM, QUICK_PREPARE, SLOW, environment, main, no_leftovers, result, run

# Long enough to be met on the way.
LONG = ["--iterations", "1500", "--splats", "800"]


def read_whole(moment):
    """What a viewer would read: moment.json, and every cloud that it names, whole. Returns the document."""
    document = json.loads((moment / "moment.json").read_text())
    assert document["state"] in ("coarse", "refining", "final") and document["instants"], document
    for instant in document["instants"]:
        data = (moment / instant["file"]).read_bytes()
        header, _, body = data.partition(b"end_header\n")
        count = int(header.split(b"element vertex ")[1].split()[0])
        assert len(body) == count * header.count(b"property float") * struct.calcsize("f"), instant
    for name in ("report.json", "poster.jpg", "mattes.jpg"):
        assert (moment / name).stat().st_size > 0, name
    return document


def start(*arguments):
    return subprocess.Popen([PROGRAM, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            text=True, env=environment())


def watch(process, moment, until=None):
    """Read the moment over and over until the process ends, or a state or number of instants is met."""
    seen = []
    while process.poll() is None:
        try:
            document = read_whole(moment)
        except FileNotFoundError:  # not there yet, or just taking an older moment's place
            time.sleep(0.002)
            continue
        met = (document["state"], [i["frame"] for i in document["instants"]])
        if met not in seen:
            seen.append(met)
        if until and until(document):
            break
        time.sleep(0.002)
    return seen


def states_follow_each_other(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    moment = folder / "m"
    process = start("moment", take, "--frame", "7,6,8", "-o", moment, *LONG)
    seen = watch(process, moment)
    assert process.wait(timeout=240 * SLOW) == 0, process.stderr.read()
    seen.append((read_whole(moment)["state"], [i["frame"] for i in read_whole(moment)["instants"]]))
    # The frame named first, those after it, those before it.
    assert seen[0] == ("coarse", [7]) and seen[-1] == ("final", [6, 7, 8]), seen
    assert ("refining", [7]) in seen and ("refining", [7, 8]) in seen, seen
    updates = json.loads((moment / "report.json").read_text())["updates"]
    assert updates[0]["state"] == "coarse" and updates[-1]["state"] == "final", updates
    assert [u["state"] for u in updates[1:-1]] == ["refining"] * (len(updates) - 2), updates
    assert all(a["seconds"] <= b["seconds"] for a, b in zip(updates, updates[1:])), updates
    assert [u["iterations"] for u in updates if u["frame"] == 7][-1] == 1500, updates
    no_leftovers(folder)


def what_is_there_stays(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    moment = folder / "m"
    process = start("moment", take, "--frame", "6,8", "-o", moment, *LONG)
    watch(process, moment, until=lambda document: True)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=240 * SLOW) == 130, process.stderr.read()
    document = read_whole(moment)
    assert document["state"] != "final" and [i["frame"] for i in document["instants"]] == [6], document
    no_leftovers(folder)
    # It is good to look at, but no replay is made of it.
    assert result("render", moment, "-o", folder / "p")["pictures"] == 6
    made = result("replay", take, "--frame", "6", "--moment", moment, "-o", folder / "c.mp4", "--iterations", "20",
                  "--splats", "800", "--orbit", "0.6", "--run-in", "0", "--run-out", "0", "--quality", "draft")
    assert "athlete" in {s["stage"] for s in made["stages"]} and read_whole(moment)["state"] == "final", made


def an_older_moment_goes_all_at_once(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    moment = folder / "m"
    run("moment", take, "--frame", "5,6", "-o", moment, "--iterations", "5", "--splats", "800")
    (moment / "of_the_older.txt").write_text("x")
    process = start("moment", take, "--frame", "8", "-o", moment, *LONG)
    watch(process, moment, until=lambda document: document["state"] == "coarse")
    process.send_signal(signal.SIGINT)
    process.wait(timeout=240 * SLOW)
    assert [i["frame"] for i in read_whole(moment)["instants"]] == [8]
    assert sorted(os.listdir(moment / "athlete")) == ["000008.ply"]
    assert not (moment / "of_the_older.txt").exists()
    no_leftovers(folder)


def seconds_count_from_the_command(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    begin = time.monotonic()
    run("moment", take, "--frame", "6", "-o", folder / "m", "--seconds", "4", "--splats", "20000")
    took = time.monotonic() - begin
    updates = json.loads((folder / "m" / "report.json").read_text())["updates"]
    assert updates[-1]["seconds"] <= took, (updates, took)
    assert SLOW > 1 or took < 10, took  # a busy machine may take longer to start


main([states_follow_each_other, what_is_there_stays, an_older_moment_goes_all_at_once, seconds_count_from_the_command])
