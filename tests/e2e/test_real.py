"""Footage of the real world without plates, where it is at hand (../shared/data)."""
import json
import os
import pathlib

from support import QUICK_MOMENT, Skip, main, result, run

DATA = pathlib.Path(os.environ.get("STILLPOINT_SHARED") or "/nonexistent") / "data"


def reports(take, moment):
    prepared = json.loads((take / "background" / "report.json").read_text())
    return {c["id"]: c for c in prepared["cameras"]}, json.loads((moment / "report.json").read_text())


def an_athlete_who_hardly_leaves_his_place(folder, _):
    """pose2sim: four upright cameras, a beam on a treadmill, a bystander, and nobody ever filmed the empty room."""
    source = DATA / "pose2sim" / "Demo_SinglePerson"
    if not source.is_dir():
        raise Skip("pose2sim is not at hand")
    take, moment = folder / "t", folder / "m"
    run("import", "qualisys", source / "calibration" / "Calib.qca.txt", "--feeds", source / "videos", "-o", take)
    run("prepare", take, "--background-seconds", "0", "--plate-samples", "40")
    run("moment", take, "--frame", "40", "-o", moment, *QUICK_MOMENT)
    cameras, made = reports(take, moment)
    (row,) = made["instants"]
    assert all(c["plate"] == "estimated" and c["unseen"] < 0.04 and "moved_px" not in c for c in cameras.values()), cameras
    assert set(row["agreement"]) == {"cam01", "cam02", "cam03", "cam04"} and made["suspects"] == [], made
    assert min(row["agreement"].values()) > 0.4, row
    size = [high - low for low, high in zip(row["bounds_min_m"], row["bounds_max_m"])]
    assert 1.2 < size[2] < 2.2 and max(size[:2]) < 2.2, size  # a man with his arms out


def a_bust_among_still_cameras(folder, _):
    """buddha: ten pictures with their projection matrices, and that is all."""
    source = DATA / "buddha"
    if not source.is_dir():
        raise Skip("buddha is not at hand")
    take, moment = folder / "t", folder / "m"
    run("import", "matrices", source, "--up", "-y", "-o", take)
    made = result("prepare", take, "--iterations", "5", "--background-reduce", "8", "--background-splats", "30000")
    assert made["splats"] > 10000, made
    run("moment", take, "--frame", "0", "-o", moment, *QUICK_MOMENT)
    cameras, made = reports(take, moment)
    assert len(cameras) == 10 and all(c["plate"] == "still" for c in cameras.values()), cameras
    assert made["whole_scene"] is True and (moment / "poster.jpg").is_file(), made


if __name__ == "__main__":
    main([an_athlete_who_hardly_leaves_his_place, a_bust_among_still_cameras])
