"""What a new user does wrong, and what a venue does to footage: the message names the thing, nothing stays behind."""
import json
import resource
import shutil
import subprocess

from support import QUICK, QUICK_MOMENT, QUICK_PREPARE, main, no_leftovers, result, run, tree


def unchanged(folder, *arguments, **keywords):
    before = tree(folder)
    run(*arguments, **keywords)
    after = tree(folder)
    assert before == after, f"{arguments}: changed {set(before.items()) ^ set(after.items())}"


def encode(source, target, *options):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *options, target], check=True)


def no_feeds(folder, take):
    (folder / "empty").mkdir()
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", folder / "empty", "-o", folder / "new",
              status=3, says=("empty", "cam01"))
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", folder / "nowhere", "-o", folder / "new",
              status=3, says="nowhere")
    document = json.loads((take / "take.json").read_text())
    for camera in document["cameras"]:
        camera.pop("feed")
    (take / "take.json").write_text(json.dumps(document))
    unchanged(folder, "prepare", take, status=3, says=("no feeds", "--feeds"))
    unchanged(folder, "replay", take, "--at", "0.2", "-o", folder / "c.mp4", status=3, says="no feeds")


def a_feed_is_missing(folder, take):
    (take / "feeds" / "cam03.mp4").unlink()
    unchanged(folder, "prepare", take, *QUICK_PREPARE, status=3, says="cam03")
    unchanged(folder, "replay", take, "--at", "0.2", "-o", folder / "c.mp4", *QUICK, status=3, says="cam03")
    result("replay", take, "--at", "0.2", "--without", "cam03", "-o", folder / "c.mp4", *QUICK)


def other_sizes_and_rates_work(folder, take):
    feeds = take / "feeds"
    encode(feeds / "cam02.mp4", folder / "small.mp4", "-vf", "scale=80:46")
    encode(feeds / "cam04.mp4", folder / "slow.mp4", "-r", "15")
    (folder / "small.mp4").replace(feeds / "cam02.mp4")
    (folder / "slow.mp4").replace(feeds / "cam04.mp4")
    shutil.rmtree(take / "plates")
    new = folder / "new"
    run("import", "stillpoint", take / "rig.json", "--feeds", feeds, "-o", new, says="cam04")
    assert result("replay", new, "--at", "0.2", "-o", folder / "c.mp4", *QUICK)["frames"] > 20


def a_truncated_video(folder, take):
    feed = take / "feeds" / "cam04.mp4"
    data = feed.read_bytes()
    feed.write_bytes(data[:len(data) * 6 // 10])
    run("prepare", take, *QUICK_PREPARE, says="cam04")
    no_leftovers(folder)
    encode(take / "feeds" / "cam05.mp4", folder / "tail.mp4", "-c", "copy")  # its index lies at the end
    (take / "feeds" / "cam05.mp4").write_bytes((folder / "tail.mp4").read_bytes()[:3000])
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", take / "feeds", "-o", folder / "new",
              status=3, says="cam05")


def text_instead_of_video(folder, take):
    (take / "feeds" / "cam05.mp4").write_text("this is no video\n" * 100)
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", take / "feeds", "-o", folder / "new",
              status=3, says="cam05")
    unchanged(folder, "prepare", take, *QUICK_PREPARE, status=3, says="cam05")


def a_rig_that_cannot_be(folder, take):
    good = json.loads((take / "rig.json").read_text())

    def spoil(change):
        document = json.loads(json.dumps(good))
        change(document["cameras"][2])
        (take / "rig.json").write_text(json.dumps(document))  # Python writes NaN as NaN

    spoil(lambda camera: camera["lens"].update(fx=float("nan")))
    unchanged(folder, "prepare", take, status=3, says="rig.json")
    spoil(lambda camera: camera["lens"].update(fx="nan"))
    unchanged(folder, "prepare", take, status=3, says=("rig.json", "fx"))
    spoil(lambda camera: camera["pose"].update(rotation=[[1, 0, 0], [0, 2, 0], [0, 0, 1]]))
    unchanged(folder, "prepare", take, status=3, says=("rig.json", "cam03", "rotation"))
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", take / "feeds", "-o", folder / "new", status=3,
              says="cam03")


def what_is_not_there(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    unchanged(folder, "moment", take, "--at", "0.2", "--cameras", "cam01,cam99", "-o", folder / "m", status=2,
              says="cam99")
    unchanged(folder, "moment", take, "--at", "0.2", "--without", "cam77", "-o", folder / "m", status=2, says="cam77")
    unchanged(folder, "moment", take, "--at", "0.2", "--cameras", "cam01", "-o", folder / "m", status=2, says="at least 2")
    unchanged(folder, "moment", take, "--at", "99", "-o", folder / "m", status=2, says=("99", "footage"))
    unchanged(folder, "moment", take, "--frame", "5000", "-o", folder / "m", status=2, says="footage")
    unchanged(folder, "replay", take, "--at", "-3", "-o", folder / "c.mp4", status=2, says="footage")
    unchanged(folder, "moment", folder / "nowhere", "--at", "0", status=3, says="nowhere")
    unchanged(folder, "render", take, "-o", folder / "p", status=3, says="moment.json")
    unchanged(folder, "sim", "aerial", "-o", folder / "s", status=2, says="aerials")
    unchanged(folder, "sim", "aerials", "--set", "rig.count=8", "-o", folder / "s", status=2, says="count")


def nowhere_to_write(folder, take):
    run("prepare", take, *QUICK_PREPARE)
    moment = folder / "m"
    run("moment", take, "--frame", "6", "-o", moment, *QUICK_MOMENT)
    (folder / "file").write_text("")
    under = folder / "file" / "x"
    unchanged(folder, "moment", take, "--frame", "6", "-o", under, *QUICK_MOMENT, status=1, says="file")
    unchanged(folder, "render", moment, "-o", under, status=1, says="file")
    unchanged(folder, "replay", take, "--frame", "6", "-o", folder / "file" / "c.mp4", *QUICK, status=1, says="file")
    unchanged(folder, "replay", take, "--frame", "6", "-o", folder / "none" / "c.mp4", *QUICK, status=1,
              says=("none", "make it first"))
    unchanged(folder, "replay", take, "--frame", "6", "-o", folder / "c.avi", *QUICK, status=2, says=".mp4")
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", take / "feeds", "-o", under, status=1,
              says="file")
    unchanged(folder, "moment", take, "--frame", "6", "-o", take / "feeds", *QUICK_MOMENT, status=2, says="feeds")


def a_full_disk(folder, take):
    """Every file stops growing at 3 kB: what a full disk does, without needing one of one's own."""
    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    unchanged(folder, "prepare", take, *QUICK_PREPARE, status=1, says="venue.ply", before=little_room)
    unchanged(folder, "import", "stillpoint", take / "rig.json", "--feeds", take / "feeds", "--copy", "-o", folder / "new",
              status=1, says="cam01", before=little_room)
    run("prepare", take, *QUICK_PREPARE)
    (take / "moments").mkdir()
    unchanged(folder, "moment", take, "--frame", "6", *QUICK_MOMENT, status=1, says="mattes.jpg", before=little_room)
    run("moment", take, "--frame", "6", *QUICK_MOMENT)
    unchanged(folder, "render", take / "moments" / "000006", "-o", folder / "p", status=1, says=".png", before=little_room)
    unchanged(folder, "replay", take, "--frame", "6", "-o", folder / "c.mp4", *QUICK, status=1, says="c.",
              before=little_room)
    unchanged(folder, "sim", "aerials", "--set", "rig.cameras=2", "--set", "frames=3", "-o", folder / "s", status=1,
              says="s", before=little_room)


def a_small_tmpfs(folder, take):
    """A disk that is really full, where mounting one is allowed."""
    disk = folder / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True).returncode:
        print("skip   a_small_tmpfs: mounting is not allowed here")
        return
    try:
        run("prepare", take, *QUICK_PREPARE)
        run("moment", take, "--frame", "6", *QUICK_MOMENT)
        (disk / "filler").write_bytes(b"x" * 200 * 1024)
        unchanged(disk, "moment", take, "--frame", "6", "-o", disk / "m", *QUICK_MOMENT, status=1, says="disk")
        unchanged(disk, "render", take / "moments" / "000006", "-o", disk / "p", status=1, says="disk")
        unchanged(disk, "replay", take, "--frame", "6", "-o", disk / "c.mp4", *QUICK, "--size", "640x360", "--quality",
                  "best", status=1, says="disk")
    finally:
        subprocess.run(["umount", disk], check=True)


main([no_feeds, a_feed_is_missing, other_sizes_and_rates_work, a_truncated_video, text_instead_of_video,
      a_rig_that_cannot_be, what_is_not_there, nowhere_to_write, a_full_disk, a_small_tmpfs])
