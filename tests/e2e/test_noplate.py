"""Takes whose plates are missing, wrong, or of a camera that was touched since."""
import json
import shutil

from support import QUICK, QUICK_MOMENT, QUICK_PREPARE, SCENE, main, no_leftovers, result, run


def cameras_of(report):
    return {camera["id"]: camera for camera in json.loads(report.read_text())["cameras"]}


def stills_are_a_whole_scene(folder, take):
    """One picture a camera: nothing is athlete, everything is in the background, and the clip circles it."""
    still = folder / "still"
    run("import", "stillpoint", take / "rig.json", "--feeds", take / "plates", "-o", still)
    run("replay", still, "--at", "0", "-o", folder / "clip.mp4", *QUICK, says="note")
    moment = still / "moments" / "000000"
    assert {c["plate"] for c in cameras_of(still / "background" / "report.json").values()} == {"still"}
    assert json.loads((moment / "moment.json").read_text())["whole_scene"] is True
    assert json.loads((moment / "report.json").read_text())["whole_scene"] is True
    assert (folder / "clip.mp4").stat().st_size > 1000
    no_leftovers(folder)


def no_plate_is_of_use(folder, _take):
    """Three frames, no plates: the last resort is the whole scene at each instant, and a clip that circles it."""
    truth, take = folder / "truth", folder / "short"
    run("sim", *SCENE, "--set", "frames=3", "--set", "evaluation.frames=[1]", "-o", truth)
    run("import", "stillpoint", truth / "rig.json", "--feeds", truth / "feeds", "-o", take)
    run("prepare", take, *QUICK_PREPARE)
    run("moment", take, "--frame", "1,2", "-o", folder / "m", "--iterations", "20", "--background-splats", "6000",
        says="whole scene")
    moment = json.loads((folder / "m" / "moment.json").read_text())
    assert moment["whole_scene"] is True and "background" not in moment and len(moment["instants"]) == 2, moment
    assert json.loads((folder / "m" / "report.json").read_text())["whole_scene"] is True
    score = result("eval", folder / "m", "--truth", truth, "--rig", truth / "truth" / "rig.json")["mean"]
    assert score["psnr_db"] > 8 and "debris_percent" not in score, score
    run("replay", take, "--at", "0.04", "-o", folder / "clip.mp4", *QUICK)
    assert (folder / "clip.mp4").stat().st_size > 1000


def who_never_leaves_his_place_is_whole(folder, _take):
    """He runs on the spot, and nobody filmed the empty court: plates have the venue where it was never seen."""
    scene = ["court"]
    for field in ("rig.cameras=8", "rig.size_px=[240,135]", "rig.hfov_deg=36", "frames=16", "begin_s=-0.9", "samples=1",
                  "plate_samples=1", "athlete.in_place=true", "evaluation={\"cameras\":1,\"frames\":[8],\"inputs\":false}"):
        scene += ["--set", field]
    truth, take = folder / "truth", folder / "spot"
    run("sim", *scene, "-o", truth)
    run("import", "stillpoint", truth / "rig.json", "--feeds", truth / "feeds", "-o", take)
    run("prepare", take, "--iterations", "40", "--background-splats", "15000", says="never seen")
    cameras = cameras_of(take / "background" / "report.json")
    assert all(c["plate"] == "estimated" and c["filled"] > 0.8 * c["unseen"] > 0.005 for c in cameras.values()), cameras
    run("moment", take, "--frame", "8", "-o", folder / "m", "--iterations", "60", "--splats", "3000")
    scores = result("eval", folder / "m", "--truth", truth, "--rig", truth / "truth" / "rig.json")["mean"]
    assert scores["holes_percent"] < 20 and scores["psnr_mask_db"] > 16, scores


def a_wrong_plate_is_told_and_replaced(folder, take):
    shutil.copy(take / "plates" / "cam04.png", take / "plates" / "cam02.png")
    run("prepare", take, *QUICK_PREPARE, says=["camera cam02", "something else than its feed"])
    cameras = cameras_of(take / "background" / "report.json")
    assert cameras["cam02"]["plate"] == "replaced" and cameras["cam02"]["alike"] < 0.3, cameras
    assert all(c["plate"] == "given" and c["alike"] > 0.6 for i, c in cameras.items() if i != "cam02"), cameras
    run("moment", take, "--frame", "6", "-o", folder / "m", *QUICK_MOMENT)
    (row,) = json.loads((folder / "m" / "report.json").read_text())["instants"]
    assert row["stands"]["cam02"]["alike"] > 0.6 and row["agreement"]["cam02"] > 0.3, row
    assert "whole_scene" not in json.loads((folder / "m" / "moment.json").read_text())


def a_touched_camera_is_told_and_turned_back(folder, take):
    """cam02 films turned by two degrees; its plate and the calibration are from before."""
    run("sim", *SCENE, "--set", "faults.knocked=cam02", "--set", "faults.knocked_deg=2", "-o", folder / "knocked")
    for feed in (folder / "knocked" / "feeds").glob("cam02*"):
        shutil.copy(feed, take / "feeds" / feed.name)
    run("prepare", take, *QUICK_PREPARE, says=["camera cam02", "moved by"])
    run("moment", take, "--frame", "6", "-o", folder / "m", *QUICK_MOMENT,
        says=["camera cam02", "turned by", "calibrate again"])
    (row,) = json.loads((folder / "m" / "report.json").read_text())["instants"]
    stands = row["stands"]
    assert abs(stands["cam02"]["turned_deg"] - 2) < 0.1, stands
    assert all(s["moved_px"] == 0 for i, s in stands.items() if i != "cam02"), stands
    others = [a for i, a in row["agreement"].items() if i != "cam02"]
    assert row["agreement"]["cam02"] > 0.5 * min(others), row


def a_camera_borrows_what_its_plate_does_not_tell(folder, take):
    """A plate of another place came in after preparing: the others tell what is athlete in that camera's picture."""
    run("prepare", take, "--iterations", "60", "--background-splats", "8000")
    plates = take / "background" / "plates"
    shutil.copy(plates / "cam04.png", plates / "cam02.png")
    run("moment", take, "--frame", "6", "-o", folder / "m", *QUICK_MOMENT,
        says=["camera cam02", "told by the other cameras"])
    (row,) = json.loads((folder / "m" / "report.json").read_text())["instants"]
    stand = row["stands"]["cam02"]
    assert stand["left_out"] is True and stand["borrowed"] is True and stand["moved_px"] < 2, stand
    others = [a for i, a in row["agreement"].items() if i != "cam02"]
    assert row["agreement"]["cam02"] > 0.5 * min(others), row
    assert "cam02" in {c["id"] for c in json.loads((folder / "m" / "moment.json").read_text())["cameras"]}


def a_camera_that_is_covered_is_left_out(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    feed = next((take / "feeds").glob("cam05*"))
    other = next((take / "feeds").glob("cam02*"))
    shutil.copy(other, feed)
    run("moment", take, "--frame", "6", "-o", folder / "m", *QUICK_MOMENT, says=["camera cam05", "left out"])
    (row,) = json.loads((folder / "m" / "report.json").read_text())["instants"]
    assert row["stands"]["cam05"]["left_out"] is True and "cam05" not in row["agreement"], row
    run("eval", folder / "m", status=3, says=["camera cam05", "so it is no truth"])


if __name__ == "__main__":
    main([stills_are_a_whole_scene, no_plate_is_of_use, who_never_leaves_his_place_is_whole, a_wrong_plate_is_told_and_replaced, a_touched_camera_is_told_and_turned_back,
          a_camera_borrows_what_its_plate_does_not_tell, a_camera_that_is_covered_is_left_out])
