// The rows of `bench picture`: which takes, what is done with them, and what is true about them.
#include "picture.h"

#include <string.h>

#define EVAL "eval01,eval02,eval03,eval04"
// The take's own truth.
#define OWN_TRUTH .truth = "{take}", .rig = "{take}/truth/rig.json", .cameras = EVAL

// Four frames of a player in the air, seen by twelve cameras; the two in the middle are reconstructed. Small,
// so that many can be made; steps are counted instead of seconds, so that losses do not depend on the
// machine.
#define PLAYER                                                                                               \
    "sim court --set rig.size_px=[480,270] --set rig.hfov_deg=40 --set rig.aim_m=[0.3,0,1.5] --set "         \
    "begin_s=0.1 --set frames=4 --set samples=4 --set plate_samples=1 "
#define TWO_TRUE "--set evaluation.frames=[1,2] "
#define NO_TRUTH "--set evaluation.cameras=0 "
#define VENUE_STEPS "--iterations 200 --background-splats 40000 --background-reduce 2"
#define MOMENT_STEPS "--frame 1,2 --iterations 120 --splats 8000"

// The player on a treadmill, so that no feed ever shows the venue behind him.
#define SPOT                                                                                                 \
    "sim court --set rig.size_px=[480,270] --set rig.hfov_deg=40 --set rig.aim_m=[0.3,0,1.5] --set "         \
    "begin_s=-0.9 --set frames=26 --set athlete.in_place=true --set evaluation.frames=[12,13] --set "        \
    "samples=4 --set plate_samples=1 "
#define SPOT_STEPS "--frame 12,13 --iterations 120 --splats 8000"

// Another rig around the same player, with truth of its own.
#define RIG(name_, about_, settings, ...)                                                                    \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_FAULTS,                                             \
        .make = PLAYER TWO_TRUE settings " -o {take}", .prepare = VENUE_STEPS, .moments = MOMENT_STEPS,      \
        OWN_TRUTH, __VA_ARGS__                                                                               \
    }

// Only these cameras of the take of another row.
#define ONLY(name_, about_, take_, cameras_, ...)                                                            \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_FAULTS, .take = take_,                              \
        .prepare = VENUE_STEPS cameras_, .moments = MOMENT_STEPS cameras_, OWN_TRUTH, .clean = "clean",      \
        __VA_ARGS__                                                                                          \
    }

// One thing wrong with the clean take, scored with the truth of that.
#define FAULT(name_, about_, settings, ...)                                                                  \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_FAULTS,                                             \
        .make = PLAYER NO_TRUTH settings " -o {take}", .moments = MOMENT_STEPS, .truth = "{clean}",          \
        .rig = "{clean}/truth/rig.json", .cameras = EVAL, .clean = "clean", __VA_ARGS__                      \
    }
#define OWN_VENUE .prepare = VENUE_STEPS
#define SAME_VENUE .venue = "clean"

// Several athletes, with truth of their own.
#define CROWD(name_, about_, settings, splats, suspect_)                                                     \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_CROWD,                                              \
        .make = PLAYER TWO_TRUE settings " -o {take}", .prepare = VENUE_STEPS,                               \
        .moments = "--frame 1,2 --iterations 120 --splats " #splats, OWN_TRUTH, .suspect = suspect_          \
    }

// A moment within so many seconds.
#define BUDGET(name_, about_, seconds, ...)                                                                  \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_CURVES, .prepare = "--background-seconds 30",       \
        .moments = "--frame 1 --seconds " #seconds, OWN_TRUTH, .curve = "seconds", .x = seconds, __VA_ARGS__ \
    }
#define LATER(seconds) BUDGET("within-" #seconds "s", "the same", seconds, .take = "within-1.5s")

// What a moment costs; nothing is scored, and the venue is not looked at.
#define COST(name_, about_, moment, curve_, x_, ...)                                                         \
    {                                                                                                        \
        .name = name_, .about = about_, .group = PICTURE_CURVES, .prepare = "--background-seconds 0",        \
        .moments = moment, .truth = "", .curve = curve_, .x = x_, __VA_ARGS__                                \
    }
#define SCENE(scene, settings)                                                                               \
    .make = "sim " scene " --set samples=1 --set plate_samples=1 " NO_TRUTH settings " -o {take}"
#define COST_STEPS " --iterations 60 --splats 6000"

#define CAMERAS(count, only)                                                                                 \
    COST("cameras-" #count, #count " of the 32 cameras, high and low in turn", "--frame 1" COST_STEPS only,  \
         "cameras", count, .take = "cameras-32")
#define SIZE(name_, width, height)                                                                           \
    COST(name_, "six cameras of " #width "x" #height ", 60 steps", "--frame 1" COST_STEPS, "megapixels",     \
         6e-6 * (width) * (height),                                                                          \
         SCENE("court", "--set rig.cameras=6 --set rig.size_px=[" #width "," #height "] --set begin_s=0.1 "  \
                        "--set frames=2"))
// Spread over the whole jump: he is larger in some frames than in others.
#define INSTANTS(count, frames)                                                                              \
    COST("instants-" #count, #count " of the 48 instants", "--frame " frames COST_STEPS, "instants", count,  \
         .take = "instants-48")
#define ATHLETES(count, splats)                                                                              \
    COST("athletes-" #count, "so many athletes in six cameras of 960x540, 60 steps, 6000 splats each",       \
         "--frame 1 --iterations 60 --splats " #splats, "athletes", count,                                   \
         SCENE("court", "--set rig.cameras=6 --set rig.size_px=[960,540] --set begin_s=0.1 --set frames=2 "  \
                        "--set athlete.count=" #count))

const picture_row picture_rows[] = {
    // ---- Sets
    {.name = "gt_dev",
     .about = "a jump in a hall, 12 cameras of 960x540; frames 4, 9, 14, 19, each from cold",
     .group = PICTURE_SETS,
     .needs = "{data}/gt_dev/transforms.json",
     .make = "import nerfstudio {data}/gt_dev/transforms.json --feeds {data}/gt_dev/feeds --plates "
             "{data}/gt_dev/plates -o {take}",
     .prepare = "",
     .moments = "--frame 4 --seconds 15; --frame 9 --seconds 15; --frame 14 --seconds 15; --frame 19 "
                "--seconds 15",
     .truth = "{data}/gt_dev/gt",
     .rig = "{data}/gt_dev/transforms.json",
     .cameras = EVAL},
    {.name = "pose2sim",
     .about = "an athlete on a beam, four cameras of 1088x1920, no plates; cam03 left out and compared with "
              "its own frame",
     .group = PICTURE_SETS,
     .needs = "{data}/pose2sim/Demo_SinglePerson/calibration/Calib.qca.txt",
     .make = "import qualisys {data}/pose2sim/Demo_SinglePerson/calibration/Calib.qca.txt --feeds "
             "{data}/pose2sim/Demo_SinglePerson/videos -o {take}",
     .prepare = "--without cam03",
     .moments = "--frame 50 --seconds 15 --without cam03"},
    {.name = "buddha",
     .about = "a head on a table, ten stills of 2736x1540, no plates; 00018 left out and compared with its "
              "own picture",
     .group = PICTURE_SETS,
     .needs = "{data}/buddha/00018_P.txt",
     .make = "import matrices {data}/buddha --up -y -o {take}",
     .prepare = "--without 00018",
     .moments = "--at 0 --seconds 15 --without 00018"},

    // ---- Simulated takes
    {.name = "aerials",
     .about = "a ski jump under the sun, 12 cameras of 960x540, two instants in a row",
     .group = PICTURE_SIM,
     .make = "sim aerials --set rig.size_px=[960,540] --set rig.aim_m=[0,0,2.9] --set begin_s=0.55 --set "
             "frames=4 --set plate_samples=1 " TWO_TRUE "-o {take}",
     .prepare = "",
     .moments = "--frame 1,2 --seconds 15",
     OWN_TRUTH},
    {.name = "court",
     .about = "a jump shot on a court, 12 cameras of 960x540, two instants in a row",
     .group = PICTURE_SIM,
     .make = "sim court --set rig.size_px=[960,540] --set begin_s=0.1 --set frames=4 --set "
             "plate_samples=1 " TWO_TRUE "-o {take}",
     .prepare = "",
     .moments = "--frame 1,2 --seconds 15",
     OWN_TRUTH},

    // ---- Faults
    RIG("clean", "a jump shot, 12 cameras of 480x270 in a ring; what the others are compared with", ""),
    RIG("ring-32", "32 cameras in a ring, with its own truth", "--set rig.cameras=32", .clean = "clean"),
    // High and low cameras in turn, as in the whole ring.
    ONLY("ring-16", "every second of the 32", "ring-32",
         " --cameras cam01,cam04,cam05,cam08,cam09,cam12,cam13,cam16,cam17,cam20,cam21,cam24,cam25,cam28,"
         "cam29,cam32"),
    ONLY("ring-8", "every fourth of the 32", "ring-32",
         " --cameras cam01,cam06,cam09,cam14,cam17,cam22,cam25,cam30"),
    ONLY("ring-4", "every eighth of the 32", "ring-32", " --cameras cam01,cam10,cam17,cam26"),
    RIG("arc", "12 cameras on 150 degrees, with its own truth", "--set rig.layout=arc --set rig.arc_deg=150",
        .clean = "clean"),
    RIG("stands", "12 cameras on two lines that face each other, with its own truth",
        "--set rig.layout=stands", .clean = "clean"),
    RIG("glossy", "a polished floor mirrors the player, who is about to leave it; with its own truth",
        "--set begin_s=-0.1 --set venue.floor_gloss=0.8"),
    FAULT("knocked", "cam05 was turned by 1 degree after the calibration, before the plates",
          "--set faults.knocked=cam05 --set faults.knocked_deg=1", OWN_VENUE, .suspect = "cam05"),
    FAULT("other-make", "cam05 has 1280x720 pixels, a lens of 62 degrees and 25 frames/s",
          "--set faults.odd=cam05 --set faults.odd_size_px=[1280,720] --set faults.odd_hfov_deg=62",
          OWN_VENUE),
    FAULT("exposure", "exposures within plus and minus 15%, red and blue within 8%",
          "--set faults.exposure_stops=0.2 --set faults.white_balance=0.08", OWN_VENUE),
    FAULT("noise", "noise of deviation 4/255 in the feeds", "--set faults.noise=4", SAME_VENUE),
    FAULT("plates-2", "the plates had 2% less light than the feeds", "--set faults.plate_light=0.98",
          OWN_VENUE),
    FAULT("light-20", "the plates had 20% less light", "--set faults.plate_light=0.8", OWN_VENUE),
    FAULT("sun-20", "the plates had 20% less of the light that casts shadows", "--set faults.plate_sun=0.8",
          OWN_VENUE),
    FAULT("clocks-unknown", "clocks within plus and minus a quarter of a frame, not known",
          "--set faults.clock_offset_s=0.00833", SAME_VENUE),
    FAULT("clocks-known", "the same clocks, known from sync.json", "--set faults.clock_offset_s=0.00833",
          SAME_VENUE, .sync = "{take}/truth/cameras.json"),
    FAULT("clocks-found", "the same clocks, found by sync from twelve frames",
          "--set faults.clock_offset_s=0.00833 --set frames=14", SAME_VENUE, .clocks = "--frame 1-12"),
    FAULT("shutter", "exposures of 1/60 s, scored with the truth of short ones", "--set shutter_s=0.016667",
          SAME_VENUE),

    FAULT("bumped", "cam05 is turned by 2 degrees between the two instants",
          "--set faults.bumped=cam05 --set faults.bumped_deg=2 --set faults.bumped_frame=2", SAME_VENUE,
          .suspect = "cam05"),
    {.name = "spot",
     .about = "the player runs on one spot for 26 frames; plates are given, with its own truth",
     .group = PICTURE_FAULTS,
     .make = SPOT "-o {take}",
     .prepare = VENUE_STEPS,
     .moments = SPOT_STEPS,
     OWN_TRUTH},
    {.name = "no-plates",
     .about = "the same feeds without plates, compared with 'spot'",
     .group = PICTURE_FAULTS,
     .make = "import stillpoint {spot}/rig.json --feeds {spot}/feeds -o {take}",
     .prepare = VENUE_STEPS,
     .moments = SPOT_STEPS,
     .truth = "{spot}",
     .rig = "{spot}/truth/rig.json",
     .cameras = EVAL,
     .clean = "spot"},
    {.name = "whole-scene",
     .about = "the same, each instant a whole scene from its frames alone",
     .group = PICTURE_FAULTS,
     .take = "no-plates",
     .prepare = VENUE_STEPS,
     .moments = "--frame 12,13 --whole-scene --iterations 200 --background-splats 40000",
     .truth = "{spot}",
     .rig = "{spot}/truth/rig.json",
     .cameras = EVAL,
     .clean = "spot"},

    // Prepares the clean take anew, so it comes after those that take over its background.
    ONLY("missing", "without cam05", "clean", " --without cam05"),

    // ---- Several athletes
    CROWD("pair", "two players 0.8 m apart, twelve cameras that see both",
          "--set athlete.count=2 --set athlete.spacing_m=0.8", 12000, NULL),
    CROWD("four", "four players 0.8 m apart, each a little later than the next, so that they hide each other",
          "--set athlete.count=4 --set athlete.spacing_m=0.8", 20000, NULL),
    CROWD("partly",
          "three players 2 m apart, longer lenses: two of them are cut by frames or outside of them",
          "--set rig.hfov_deg=26 --set athlete.count=3 --set athlete.spacing_m=2", 16000, NULL),
    CROWD("close-lens", "one of two players passes 1.5 m from cam03; three others see him from far away",
          "--set rig.azimuth_deg=30 --set athlete.count=2 --set athlete.spacing_m=7.5", 12000, NULL),
    CROWD("in-front", "one passes 1.5 m from cam07 of eleven on an arc, and no other camera sees him",
          "--set rig.layout=arc --set rig.arc_deg=150 --set rig.cameras=11 --set rig.azimuth_deg=75 --set "
          "athlete.count=2 --set athlete.spacing_m=7.5",
          8000, "cam07"),

    // ---- Curves
    BUDGET(
        "within-1.5s", "one instant of a ski jump in the time of the row's name, 12 cameras of 960x540", 1.5,
        .make = "sim aerials --set rig.size_px=[960,540] --set rig.aim_m=[0,0,2.9] --set begin_s=0.55 --set "
                "frames=3 --set samples=4 --set plate_samples=1 --set evaluation.frames=[1] -o {take}"),
    LATER(1.75),
    LATER(2),
    LATER(2.5),
    LATER(3),
    LATER(5),
    LATER(15),

    COST("cameras-32", "32 cameras of 480x270 around a player, 60 steps", "--frame 1" COST_STEPS, "cameras",
         32,
         SCENE("court", "--set rig.cameras=32 --set rig.size_px=[480,270] --set rig.hfov_deg=40 --set "
                        "rig.aim_m=[0.3,0,1.5] --set begin_s=0.1 --set frames=2")),
    CAMERAS(4, " --cameras cam01,cam10,cam17,cam26"),
    CAMERAS(8, " --cameras cam01,cam06,cam09,cam14,cam17,cam22,cam25,cam30"),
    CAMERAS(16,
            " --cameras cam01,cam04,cam05,cam08,cam09,cam12,cam13,cam16,cam17,cam20,cam21,cam24,cam25,cam28,"
            "cam29,cam32"),
    CAMERAS(24, " --without cam02,cam06,cam10,cam14,cam18,cam22,cam26,cam30"),

    SIZE("size-540", 960, 540),
    SIZE("size-720", 1280, 720),
    SIZE("size-1080", 1920, 1080),
    SIZE("size-2160", 3840, 2160),

    COST("instants-48", "48 instants of a ski jump, six cameras of 480x270, 60 steps each",
         "--frame 0-47" COST_STEPS, "instants", 48,
         SCENE("aerials", "--set rig.cameras=6 --set rig.size_px=[480,270] --set rig.aim_m=[0,0,2.9] --set "
                          "begin_s=-0.2 --set frames=48")),
    INSTANTS(1, "24"),
    INSTANTS(6, "4,12,20,28,36,44"),
    INSTANTS(16, "1,4,7,10,13,16,19,22,25,28,31,34,37,40,43,46"),

    ATHLETES(1, 6000),
    ATHLETES(2, 12000),
    ATHLETES(3, 18000),
    ATHLETES(4, 24000),

    // ---- Trial
    {.name = "tiny",
     .about = "a take so small that it shows within seconds whether all of this works",
     .group = PICTURE_TRIAL,
     .make = "sim aerials --set rig.cameras=6 --set rig.size_px=[160,90] --set rig.hfov_deg=24 --set "
             "begin_s=0.2 --set frames=3 --set samples=1 --set plate_samples=1 --set "
             "evaluation={\"cameras\":1,\"frames\":[0,1],\"inputs\":false} -o {take}",
     .prepare = "--iterations 20 --background-splats 6000",
     .moments = "--frame 0,1 --iterations 20 --splats 800; --frame 1 --iterations 10 --splats 800",
     .truth = "{take}",
     .rig = "{take}/truth/rig.json"},
    {.name = "tiny-out",
     .about = "the same, one camera left out and compared with its own frame",
     .group = PICTURE_TRIAL,
     .take = "tiny",
     .prepare = "--iterations 20 --background-splats 6000 --without cam03",
     .moments = "--frame 1 --iterations 20 --splats 800 --without cam03"},
    {.name = "tiny-bad",
     .about = "the same, asked for a frame that is not there",
     .group = PICTURE_TRIAL,
     .take = "tiny",
     .prepare = "--iterations 20 --background-splats 6000 --without cam03",
     .moments = "--frame 99"},
};
_Static_assert(sizeof picture_rows / sizeof *picture_rows <= PICTURE_ROWS_MOST, "too many rows");
const int picture_row_count = sizeof picture_rows / sizeof *picture_rows;

const picture_row *picture_row_find(const char *name)
{
    for (int k = 0; k < picture_row_count; k++)
        if (!strcmp(picture_rows[k].name, name))
            return &picture_rows[k];
    return NULL;
}
