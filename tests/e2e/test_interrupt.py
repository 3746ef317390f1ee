"""Ctrl-C in every stage: status 130, and nothing that was being written stays behind."""
import json
import shutil
import signal
import subprocess

from support import PROGRAM, QUICK, SCENE, SLOW, environment, main, no_leftovers, run, tree


def stages_of(arguments):
    """The stages a command reports when it is left alone, in order."""
    done = subprocess.run([PROGRAM, *map(str, arguments), "--progress", "json"], capture_output=True, text=True,
                          timeout=240 * SLOW, env=environment())
    assert done.returncode == 0, done.stderr
    return list(dict.fromkeys(json.loads(line)["stage"] for line in done.stderr.splitlines() if line.startswith("{")))


def interrupt_at(stage, arguments):
    """Press Ctrl-C at the first sign of a stage. False when the command had ended before it was heard."""
    process = subprocess.Popen([PROGRAM, *map(str, arguments), "--progress", "json"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, env=environment())
    heard = ""
    for line in process.stderr:
        heard += line
        if line.startswith("{") and json.loads(line)["stage"] == stage:
            process.send_signal(signal.SIGINT)
            break
    heard += process.stderr.read()
    status = process.wait(timeout=240 * SLOW)
    if status == 0:
        return False
    assert status == 130, f"{stage}: status {status}\n{heard}"
    assert "interrupted" in heard, f"{stage}: {heard}"
    return True


def in_every_stage_of_a_replay(folder, take):
    clip = folder / "clip.mp4"
    arguments = ["replay", take, "--at", "0.2", "-o", clip, *QUICK]
    stages = stages_of(arguments)
    assert len(stages) >= 6 and "clip" in stages, stages
    heard = 0
    for stage in stages:
        shutil.rmtree(take / "background", ignore_errors=True)
        shutil.rmtree(take / "moments", ignore_errors=True)
        clip.unlink(missing_ok=True)
        clip.with_suffix(".jpg").unlink(missing_ok=True)
        before = set(tree(folder))
        if not interrupt_at(stage, arguments):
            continue
        heard += 1
        no_leftovers(folder)
        assert not clip.exists() and not clip.with_suffix(".jpg").exists(), stage
        # A stage that was complete may stay, whole.
        for new in set(tree(folder)) - before:
            part = new[len(str(take)) + 1:].split("/")[0]
            assert part in ("background", "moments"), f"{stage}: left {new}"
        if (take / "background").exists():
            assert (take / "background" / "report.json").exists(), stage
        for moment in (take / "moments").glob("*"):
            assert (moment / "moment.json").exists() and (moment / "report.json").exists(), stage
    assert heard >= len(stages) - 1, f"{heard} of {len(stages)} stages"  # the last may be over too soon
    run(*arguments)  # and what stayed is good to go on from


def in_a_simulation(folder, take):
    arguments = ["sim", *SCENE, "-o", folder / "new"]
    for stage in stages_of(arguments):
        shutil.rmtree(folder / "new", ignore_errors=True)
        before = tree(folder)
        if interrupt_at(stage, arguments):
            assert before == tree(folder), stage


def in_pictures_and_scores(folder, take):
    run("replay", take, "--at", "0.2", "-o", folder / "clip.mp4", *QUICK)
    before = tree(folder)
    moment = take / "moments" / "000006"
    if interrupt_at("pictures", ["render", moment, "-o", folder / "pictures"]):
        assert before == tree(folder)
    if (folder / "pictures").exists():
        shutil.rmtree(folder / "pictures")
    interrupt_at("eval", ["eval", moment, "--truth", take, "--rig", take / "truth" / "rig.json"])
    assert before == tree(folder)


main([in_every_stage_of_a_replay, in_a_simulation, in_pictures_and_scores])
