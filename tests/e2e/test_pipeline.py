"""From a simulated take to a clip and its scores, the way the README does it."""
import json
import os
import pathlib
import shutil
import struct
import subprocess

from support import QUICK, QUICK_MOMENT, QUICK_PREPARE, main, no_leftovers, result, run


def probe(path):
    out = subprocess.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries",
                          "stream=codec_name,pix_fmt,width,height,r_frame_rate,nb_read_frames,color_space,codec_type",
                          "-of", "json", path], capture_output=True, text=True, check=True).stdout
    return json.loads(out)["streams"]


def stage_by_stage(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    for name in ("report.json", "venue.ply", "preview.jpg", "plates/cam01.png"):
        assert (take / "background" / name).is_file(), name
    moment = take / "moments" / "jump"
    made = result("moment", take, "--frame", "6,8", "-o", moment, *QUICK_MOMENT)
    assert made["instants"] == 2 and made["cameras"] == 6, made
    assert {s["stage"] for s in made["stages"]} >= {"frames", "mattes", "athlete"}, made
    assert all(s["seconds"] >= 0 and s["peak_mib"] > 0 for s in made["stages"]), made
    for name in ("moment.json", "athlete/000006.ply", "athlete/000008.ply", "poster.jpg", "mattes.jpg", "report.json"):
        assert (moment / name).is_file(), name
    document = json.loads((moment / "moment.json").read_text())
    assert document["take"] == "../.." and document["background"] == "../../background/venue.ply", document

    pictures = folder / "pictures"
    assert result("render", moment, "--rig", take, "-o", pictures)["pictures"] == 12
    assert sorted(p.name for p in pictures.iterdir())[:2] == ["cam01_000006.png", "cam01_000008.png"]
    only = folder / "only"
    assert result("render", moment, "--at", "0.2", "--layer", "athlete", "--alpha", "--cameras", "cam02", "-o",
                  only)["pictures"] == 1
    assert (only / "cam02_000006.png").is_file()

    scores = result("eval", moment, "--truth", take, "--rig", take / "truth" / "rig.json")
    assert len(scores["pictures"]) == 2 and scores["mean"]["psnr_db"] > 8, scores
    assert 0 <= scores["mean"]["debris_percent"] and 0 <= scores["mean"]["holes_percent"] <= 100, scores
    assert "flicker_255" not in scores["mean"], scores  # no two frames follow each other
    assert "PSNR dB" in run("eval", moment, "--truth", take / "truth", "--rig", take / "truth" / "rig.json")

    found = result("sync", take, "--frame", "6,7")
    assert 3 <= found["cameras"] <= 6 and found["widest_s"] < 0.034, found
    assert len(json.loads((take / "sync.json").read_text())["cameras"]) == 6
    no_leftovers(folder)


def scores_are_those_of_the_second_opinion(folder, take):
    """tools/score.py says the same in numpy about the same pictures."""
    script = pathlib.Path(os.environ.get("STILLPOINT_SHARED", "")) / "tools" / "score.py"
    python = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"  # the one that packages feed
    if not script.is_file() or subprocess.run([python, "-c", "import numpy, PIL, scipy"], capture_output=True).returncode:
        print("skip   score.py or numpy is not at hand")
        return
    run("prepare", take, *QUICK_PREPARE)
    moment, rig = folder / "m", take / "truth" / "rig.json"
    run("moment", take, "--frame", "6,8", "-o", moment, *QUICK_MOMENT)
    run("render", moment, "--rig", rig, "--cameras", "eval01", "-o", folder / "p")
    truth = folder / "truth"  # it finds masks by two digits only
    truth.mkdir()
    for path in (take / "truth").glob("eval01_0000*.png"):
        shutil.copy(path, truth / path.name.replace("_0000", "_"))
    theirs = subprocess.run([python, script, "--pred", folder / "p", "--truth", truth, "--mask", truth, "eval01:6",
                             "eval01:8"], capture_output=True, text=True, check=True).stdout
    theirs = json.loads(theirs.splitlines()[-1])
    ours = result("eval", moment, "--truth", truth, "--rig", rig, "--cameras", "eval01")["mean"]
    for name, unit in (("psnr", "_db"), ("ssim", ""), ("psnr_box", "_db"), ("ssim_box", ""), ("psnr_mask", "_db")):
        assert abs(theirs[name] - ours[name + unit]) < 2e-3, (name, theirs, ours)


def a_camera_that_was_left_out_is_the_truth(folder, take):
    run("prepare", take, "--without", "cam04", *QUICK_PREPARE)
    run("moment", take, "--frame", "6,7", "-o", folder / "m", "--without", "cam04", *QUICK_MOMENT)
    scores = result("eval", folder / "m")
    assert [(s["camera"], s["frame"]) for s in scores["pictures"]] == [("cam04", 6), ("cam04", 7)], scores
    assert 8 < scores["mean"]["psnr_db"] < 60 and 8 < scores["mean"]["psnr_box_db"] < 60, scores
    assert "psnr_mask_db" not in scores["mean"] and "holes_percent" not in scores["mean"], scores
    # The same picture as a file of a truth is as like ours.
    truth = folder / "truth"
    truth.mkdir()
    subprocess.run(["ffmpeg", "-v", "error", "-i", take / "feeds" / "cam04.mp4", "-vf", "select=eq(n\\,6)", "-frames:v",
                    "1", truth / "cam04_000006.png"], check=True)
    filed = result("eval", folder / "m", "--truth", truth, "--rig", take)["mean"]
    assert abs(filed["psnr_db"] - scores["pictures"][0]["psnr_db"]) < 0.3, (filed, scores)
    run("eval", folder / "m", "--cameras", "cam01", status=3, says="took part")
    # A feed that ends earlier is compared as long as it lasts.
    feed, short = take / "feeds" / "cam04.mp4", folder / "short.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", feed, "-frames:v", "7", short], check=True)
    shutil.move(short, feed)
    shorter = result("eval", folder / "m", says="camera cam04 has no frame at 0.233 s")
    assert [(s["camera"], s["frame"]) for s in shorter["pictures"]] == [("cam04", 6)], shorter


def a_knocked_camera_is_named(folder, _take):
    scene = ["court"]
    for field in ("rig.cameras=8", "rig.size_px=[240,135]", "rig.hfov_deg=36", "frames=2", "begin_s=0.1", "samples=2",
                  "plate_samples=1", "evaluation.cameras=0", "faults.knocked=cam03"):
        scene += ["--set", field]
    for degrees, suspects in ((0, []), (2, ["cam03"])):
        take = folder / f"knocked{degrees}"
        run("sim", *scene, "--set", f"faults.knocked_deg={degrees}", "-o", take)
        run("prepare", take, "--background-seconds", "0")
        run("moment", take, "--frame", "1", "-o", folder / "m", *QUICK_MOMENT, says=suspects)
        found = json.loads((folder / "m" / "report.json").read_text())["suspects"]
        assert [s["camera"] for s in found] == suspects and all("hull" in s["reason"] for s in found), found


def replay_makes_what_is_missing(folder, take):
    clip = folder / "clip.mp4"
    made = result("replay", take, "--at", "0.2", "-o", clip, *QUICK)
    assert [s["stage"] for s in made["stages"]][:2] == ["plates", "background"], made
    assert pathlib.Path(made["poster"]).is_file() and made["orbit_deg"] == 360, made
    (stream,) = probe(clip)  # one stream: silent
    assert stream["codec_name"] == "h264" and stream["pix_fmt"] == "yuv420p", stream
    assert (stream["width"], stream["height"]) == (160, 90) and stream["r_frame_rate"] == "30/1", stream
    assert int(stream["nb_read_frames"]) == made["frames"], (stream, made)
    again = result("replay", take, "--at", "0.2", "-o", folder / "again.mp4", *QUICK)
    assert {s["stage"] for s in again["stages"]} == {"clip"}, again  # nothing was missing
    (take / "moments" / "000006").rename(folder / "jump")
    moved = folder / "jump" / "moment.json"
    moved.write_text(moved.read_text().replace('"../../', '"../take/').replace('"../.."', '"../take"'))
    third = result("replay", take, "--at", "0.2", "--moment", folder / "jump", "-o", folder / "third.mp4", *QUICK)
    assert {s["stage"] for s in third["stages"]} == {"clip"}, third
    no_leftovers(folder)


def the_same_seed_gives_the_same_bits(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    clouds = []
    for name, threads in (("one", "1"), ("two", "2")):
        moment = folder / name
        run("moment", take, "--frame", "7", "-o", moment, "--threads", threads, *QUICK_MOMENT)
        clouds.append((moment / "athlete" / "000007.ply").read_bytes())
    assert clouds[0] == clouds[1]


def settings_have_three_layers(folder, take):
    def seconds(*flags, env=None):
        return json.loads(run("moment", take, "--print-config", *flags, env=env))["seconds"]

    assert seconds() == 15
    (take / "stillpoint.json").write_text('{"seconds": 11, "splats": 5000}')
    assert seconds() == 11
    assert seconds(env={"STILLPOINT_SECONDS": "12"}) == 12
    assert seconds("--seconds", "13", env={"STILLPOINT_SECONDS": "12"}) == 13
    (take / "stillpoint.json").write_text('{"secnds": 11}')
    run("moment", take, "--print-config", says=("secnds", "did you mean seconds"))
    (take / "stillpoint.json").write_text('{"seconds": "long"}')
    run("moment", take, "--print-config", status=2, says=("stillpoint.json", "seconds", "long"))
    run("moment", take, "--print-config", "--seconds", "x", status=2, says="--seconds")


def held_out_cameras_score_the_background(folder, take):
    held = result("prepare", take, *QUICK_PREPARE, "--hold-out", "3", "--background-reduce", "2")["held_out"]
    report = json.loads((take / "background/report.json").read_text())
    assert report["held_out"] == held and [c["camera"] for c in held["cameras"]] == ["cam01", "cam04"], held
    assert abs(held["mean"]["psnr_db"] - sum(c["psnr_db"] for c in held["cameras"]) / 2) < 1e-6, held
    first, last = held["curve"][0], held["curve"][-1]
    assert first["iterations"] == 0 and last["iterations"] == 20 and first["seconds"] < last["seconds"], held
    assert abs(last["psnr_db"] - held["mean"]["psnr_db"]) < 1e-6 and last["splats"] == report["splats"], held
    # The plates are whole, and those of the cameras that were held out are there too.
    assert [c["size_px"] for c in report["cameras"]] == [[160, 90]] * 6, report
    run("prepare", take, *QUICK_PREPARE, "--hold-out", "1", status=1, says="6 of 6 cameras are held out")
    assert "held_out" not in result("prepare", take, *QUICK_PREPARE)


def splat_positions(path):
    """x y z of a PLY whose records begin with three floats."""
    header, body = path.read_bytes().split(b"end_header\n", 1)
    words = header.decode().split()
    sizes = {"float": 4, "uchar": 1}
    stride = sum(sizes[words[i + 1]] for i, w in enumerate(words) if w == "property")
    count = int(words[words.index("vertex") + 1])
    assert len(body) == stride * count, path
    return [struct.unpack_from("<3f", body, i * stride) for i in range(count)]


def write_colmap(folder, take, points):
    """The take's rig as a COLMAP model of its plates, in units of 2 m."""
    folder.mkdir()
    cameras, images = [], []
    for i, c in enumerate(json.loads((take / "rig.json").read_text())["cameras"], 1):
        lens, pose = c["lens"], c["pose"]
        cameras.append(f"{i} PINHOLE {c['size_px'][0]} {c['size_px'][1]} "
                       f"{lens['fx']} {lens['fy']} {lens['cx']} {lens['cy']}\n")
        t = [v / 2 for v in pose["translation_m"]]
        images.append(" ".join(map(str, [i, *pose["rotation"], *t, i, c["id"] + ".png"])) + "\n\n")
    (folder / "cameras.txt").write_text("".join(cameras))
    (folder / "images.txt").write_text("".join(images))
    (folder / "points3D.txt").write_text("".join(
        f"{i} {x / 2} {y / 2} {z / 2} 120 120 120 0.5\n" for i, (x, y, z) in enumerate(points, 1)))


def a_scene_of_stills_begins_with_the_points_of_its_calibration(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    points = splat_positions(take / "background/venue.ply")[::3]
    points = [p for p in points if max(map(abs, p)) < 100]
    assert len(points) > 1200, len(points)
    model, still = folder / "model", folder / "still"
    write_colmap(model, take, points)
    made = result("import", "colmap", model, "--feeds", take / "background/plates", "--scale", "2", "-o", still)
    assert made["points"] == len(points), made["points"]
    for ours, theirs in zip(splat_positions(still / "points.ply"), points):
        assert all(abs(a - b) < 1e-4 * (1 + abs(b)) for a, b in zip(ours, theirs)), (ours, theirs)

    quick = ["--iterations", "200", "--background-splats", "9000", "--hold-out", "3"]
    curve = result("prepare", still, *quick)["held_out"]["curve"]
    report = json.loads((still / "background/report.json").read_text())
    assert {c["plate"] for c in report["cameras"]} == {"still"}, report
    assert curve[0]["splats"] > len(points) and curve[-1]["psnr_db"] > curve[0]["psnr_db"] + 0.5, curve
    assert result("prepare", still, *quick, "--background-seeds", "stereo")["held_out"]["curve"][0] != curve[0]

    # nerfstudio's calibration names its points; without any there is nothing to begin with.
    document = {"ply_file_path": "seen.ply", "frames": [
        {"file_path": f"{c['id']}.png", "w": c["size_px"][0], "h": c["size_px"][1], "fl_x": c["lens"]["fx"],
         "fl_y": c["lens"]["fy"], "transform_matrix": [[1, 0, 0, i], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]}
        for i, c in enumerate(json.loads((take / "rig.json").read_text())["cameras"])]}
    (model / "transforms.json").write_text(json.dumps(document))
    shutil.copy(still / "points.ply", model / "seen.ply")
    plates = take / "background/plates"
    imported = result("import", "nerfstudio", model / "transforms.json", "--feeds", plates, "-o", folder / "nerf")
    assert imported["points"] == len(points), imported
    (model / "seen.ply").write_bytes(b"ply\n")
    run("import", "nerfstudio", model / "transforms.json", "--feeds", plates, "-o", folder / "nerf", status=3,
        says="seen.ply")
    (still / "points.ply").unlink()
    run("prepare", still, *quick, "--background-seeds", "points", status=1, says="no points")


def help_and_misspelling(folder, take):
    assert "replay" in run("--help") and run("--version").startswith("stillpoint ")
    for command in ("sim", "import", "rig", "prepare", "moment", "render", "replay", "eval", "doctor"):
        assert f"usage: stillpoint {command}" in run(command, "--help")
    run("repaly", status=2, says="did you mean replay")
    run("moment", take, "--frmae", "3", status=2, says="did you mean --frame")
    run("moment", take, status=2, says="--at")
    run("moment", status=2, says="TAKE is missing")
    run("render", take, "--layer", "alll", "-o", "x", status=2, says="athlete")
    run("import", "nerfstudo", take, "-o", folder / "x", status=2, says="did you mean nerfstudio")


def rig_and_doctor(folder, take):
    shown = result("rig", "show", take)
    assert len(shown["cameras"]) == 6 and shown["cameras"][0]["size_px"] == [160, 90], shown
    assert all(f["ok"] for f in result("doctor")["findings"] if f["what"] in ("processor", "H.264", "fonts"))


main([stage_by_stage, scores_are_those_of_the_second_opinion, a_camera_that_was_left_out_is_the_truth,
      a_knocked_camera_is_named, replay_makes_what_is_missing, the_same_seed_gives_the_same_bits,
      settings_have_three_layers, held_out_cameras_score_the_background,
      a_scene_of_stills_begins_with_the_points_of_its_calibration, help_and_misspelling, rig_and_doctor])
