"""The benchmarks on small scenes: numbers that can be true, and the names of those that are not there."""
import json
import os

from support import main, result, run


def render_shows_every_level(folder, _take):
    runs = result("bench", "render", "--repeats", "1", "--scale", "0.06", "-o", folder)["render"]["runs"]
    levels = {row["kernels"] for row in runs}
    assert {"reference", "baseline"} <= levels, levels
    assert len(runs) == 3 * len(levels), runs
    for row in runs:
        steps = sum(row[step + "_s"] for step in ("cull", "project", "sort", "bin", "blend"))
        assert 0 < steps <= row["forward_s"] < 60 and 0 < row["backward_s"] < 60, row
        assert 0 < row["pairs_blended"] <= row["pairs_tested"] and 0 < row["splats_visible"], row
        assert row["psnr_to_reference"] > 60 and row["reference_over_step"] > 0, row
        assert (folder / f"{row['scene']}_{row['kernels']}.png").stat().st_size > 500, row


def step_has_parts(folder, _take):
    steps = result("bench", "step", "--repeats", "1", "--scale", "0.06")["step"]
    for degree in ("degree_0", "degree_3"):
        step = steps[degree]
        parts = [step[part + "_s"] for part in ("forward", "loss", "backward", "adam", "rest")]
        assert min(parts) > 0 and abs(sum(parts) - step["step_s"]) < 1e-6, step
        assert step["step_over_forward"] > 1, step


def scaling_is_fitted_and_plotted(folder, _take):
    scaling = result("bench", "scaling", "--repeats", "1", "--scale", "0.04", "-o", folder)["scaling"]
    assert (folder / "scaling.png").stat().st_size > 5000
    for step in scaling["threads"]:
        assert min(step["seconds"]) > 0 and step["serial_s"] >= 0, step
        assert 0 < step["predicted_32_s"] <= step["predicted_8_s"], step
    for name in ("splats", "splats_of_a_size", "pixels", "overdraw"):
        sweep = scaling[name]
        assert len(sweep["x"]) >= 5 and min(sweep["x"]) > 0, sweep
        assert min(sweep["forward_ms"]) > 0 and sweep["forward_r2"] <= 1, sweep


def memory_grows_with_splats_and_pixels(folder, _take):
    if os.environ.get("STILLPOINT_SANITIZE"):
        return  # their allocators do not say what is in use
    memory = result("bench", "memory", "--scale", "0.25")["memory"]
    frame, both = memory["frame"], memory["frame_and_gradient"]
    assert 20 < frame["bytes_per_splat"] < both["bytes_per_splat"] < 1000, memory
    assert 0 < frame["bytes_per_pixel"] < 100 and 0 < frame["bytes_per_pair"] < 200, memory
    assert frame["playback_bytes"] < both["playback_bytes"], memory


def pictures_are_scored_row_by_row(folder, _take):
    said = result("bench", "picture", "--only", "trial", "-o", folder, says="outside the footage")["picture"]["rows"]
    tiny, out, bad = said
    assert [row["row"] for row in said] == ["tiny", "tiny-out", "tiny-bad"], said
    # Two moments of two instants and of one, at one camera; what was left out is scored against its own frame.
    assert [(p["camera"], p["frame"]) for p in tiny["pictures"]] == [("eval01", n) for n in (0, 1, 1)], tiny
    assert [(p["camera"], p["frame"]) for p in out["pictures"]] == [("cam03", 1)], out
    for row in (tiny, out):
        assert 4 < row["mean"]["psnr_db"] < 60 and row["prepare_s"] > 0 and row["moment_s"] > 0, row
        assert 20 < row["peak_mib"] < 2000, row
        assert (folder / f"{row['row']}.jpg").stat().st_size > 5000, row
    assert 0 <= tiny["mean"]["debris_percent"] and 0 <= tiny["mean"]["holes_percent"] <= 100, tiny
    assert tiny["mean"]["flicker_255"] >= 0 and "psnr_mask_db" not in out["mean"], said
    assert "outside the footage" in bad["why_not"], bad
    table = (folder / "table.md").read_text()
    assert "| tiny |" in table and "| tiny-out |" in table and "Not measured" in table, table
    assert json.loads((folder / "picture.json").read_text())["rows"] == said
    run("bench", "picture", "--only", "gt_deev", status=2, says="gt_deev")


def what_is_not_there_is_named(folder, _take):
    run("bench", "rendre", status=2, says="rendre")
    run("bench", "render", "--scale", "7", status=2, says="scale")


if __name__ == "__main__":
    main([render_shows_every_level, step_has_parts, scaling_is_fitted_and_plotted, memory_grows_with_splats_and_pixels,
          pictures_are_scored_row_by_row, what_is_not_there_is_named])
