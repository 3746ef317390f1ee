"""Run the program as a user would and look at what it leaves. Standard library only."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
SLOW = 4 if os.environ.get("STILLPOINT_SANITIZE") else 1

# Small enough that a whole replay takes seconds.
SCENE = ["aerials", "--set", "rig.cameras=6", "--set", "rig.size_px=[160,90]", "--set", "rig.hfov_deg=24",
         "--set", "frames=14", "--set", "samples=1", "--set", "plate_samples=1",
         "--set", "evaluation={\"cameras\":1,\"frames\":[6,8],\"inputs\":false}"]
QUICK_PREPARE = ["--iterations", "20", "--background-splats", "6000"]
QUICK_MOMENT = ["--iterations", "20", "--splats", "800"]
QUICK = QUICK_PREPARE + ["--splats", "800", "--orbit", "0.6", "--run-in", "0.1", "--run-out", "0.1", "--quality", "draft"]


class Skip(Exception):
    """What a case needs is not at hand; the text says what."""


def environment(**extra):
    env = {k: v for k, v in os.environ.items() if not k.startswith("STILLPOINT_") or k == "STILLPOINT_CPU"}
    env.update(extra)
    return env


def run(*arguments, status=0, says=(), env=None, before=None):
    """Run a command, hold its status, and find every word of `says` on stderr. Returns stdout."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=240 * SLOW,
                          env=environment(**(env or {})), preexec_fn=before)
    what = "stillpoint " + " ".join(map(str, arguments))
    if done.returncode != status:
        raise AssertionError(f"{what}\n  status {done.returncode}, not {status}\n{done.stdout}{done.stderr}")
    for word in [says] if isinstance(says, str) else says:
        if word not in done.stderr:
            raise AssertionError(f"{what}\n  does not say '{word}':\n{done.stderr}")
    if status not in (0, 5):
        lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
        if not lines or not lines[-1].startswith("stillpoint: "):
            raise AssertionError(f"{what}\n  its last line is no error of ours:\n{done.stderr}")
    return done.stdout


def result(*arguments, **keywords):
    return json.loads(run(*arguments, "--json", **keywords))


def tree(folder):
    """Every path below a folder, with the size of files and the time they were written."""
    out = {}
    for path in sorted(pathlib.Path(folder).rglob("*")):
        stat = path.stat()
        out[str(path)] = None if path.is_dir() else (stat.st_size, stat.st_mtime_ns)
    return out


def no_leftovers(folder):
    left = [p for p in tree(folder) if ".tmp-" in p or ".old-" in p]
    assert not left, f"half-written: {left}"


def main(cases):
    """Run the cases named on the command line (all when none), each in its own folder beside a simulated take."""
    wanted = sys.argv[2:] or [c.__name__ for c in cases]
    root = pathlib.Path(tempfile.mkdtemp(prefix="stillpoint-e2e-"))
    failed = skipped = 0
    try:
        take = root / "take"
        run("sim", *SCENE, "-o", take)
        for case in cases:
            if case.__name__ not in wanted:
                continue
            folder = root / case.__name__
            folder.mkdir()
            mine = folder / "take"
            shutil.copytree(take, mine)
            try:
                case(folder, mine)
                print(f"[       OK ] {case.__name__}", flush=True)
            except Skip as reason:
                skipped += 1
                print(f"[  SKIPPED ] {case.__name__}: {reason}", flush=True)
            except (AssertionError, subprocess.TimeoutExpired, OSError, ValueError, KeyError) as error:
                failed += 1
                print(f"[  FAILED  ] {case.__name__}\n{error}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    sys.exit(1 if failed else 77 if skipped == len(wanted) else 0)
