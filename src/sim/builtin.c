// The built-in scenes, as complete scene files.
#include "scene.h"

#include <string.h>

#include <stillpoint/base.h>

#define FAULTS                                                                                               \
    "\"faults\":{\"clock_offset_s\":0,\"clock_drift_ppm\":0,\"dropped\":0,\"exposure_stops\":0,\"white_"     \
    "balance\":0,"                                                                                           \
    "\"noise\":0,\"lens_error\":0,\"pose_error_deg\":0,\"pose_error_m\":0,\"knocked\":\"\",\"knocked_deg\":" \
    "2,\"bumped\":\"\",\"bumped_deg\":2,\"bumped_frame\":1,"                                                 \
    "\"plate_light\":1,\"plate_sun\":1,\"odd\":\"\",\"odd_size_px\":[1920,1080],\"odd_hfov_deg\":60,\"odd_"  \
    "fps\":[25,1]}"

static const char aerials[] =
    "{\"format\":\"stillpoint-scene\",\"version\":1,\"name\":\"aerials\",\"seed\":1,"
    "\"fps\":[30,1],\"begin_s\":-0.02,\"frames\":36,\"shutter_s\":0.001,\"samples\":6,\"plate_samples\":2,"
    "\"athlete\":{\"motion\":\"aerials\",\"in_place\":false,\"count\":1,\"spacing_m\":1.6,\"bib\":\"27\","
    "\"suit_rgb\":[0.80,0."
    "10,0.14],\"accent_rgb\":[0.98,0."
    "80,0.12]},"
    "\"venue\":{\"kind\":\"aerials\",\"crowd\":0.85,\"floor_gloss\":0,\"sun_azimuth_deg\":-62,\"sun_"
    "elevation_deg\":33},"
    "\"rig\":{\"layout\":\"ring\",\"cameras\":12,\"radius_m\":12,\"width_m\":16,\"heights_m\":[1.6,4.2],"
    "\"aim_m\":[0,0,2.25],"
    "\"azimuth_deg\":15,\"arc_deg\":120,\"hfov_deg\":41,\"size_px\":[1280,720],\"lens\":\"pinhole\","
    "\"distortion\":[0,0,0,0,0]},"
    "\"evaluation\":{\"cameras\":4,\"frames\":[6,12,18,24,30],\"inputs\":false},"
    "\"feed\":{\"kind\":\"video\",\"quality\":\"best\"}," FAULTS "}";

static const char court[] =
    "{\"format\":\"stillpoint-scene\",\"version\":1,\"name\":\"court\",\"seed\":1,"
    "\"fps\":[30,1],\"begin_s\":-0.4,\"frames\":36,\"shutter_s\":0.001,\"samples\":6,\"plate_samples\":2,"
    "\"athlete\":{\"motion\":\"court\",\"in_place\":false,\"count\":1,\"spacing_m\":1.6,\"bib\":\"9\",\"suit_"
    "rgb\":[0.10,0.32,0."
    "72],\"accent_rgb\":[0.98,0.62,"
    "0.10]},"
    "\"venue\":{\"kind\":\"court\",\"crowd\":0.85,\"floor_gloss\":0,\"sun_azimuth_deg\":60,\"sun_elevation_"
    "deg\":68},"
    "\"rig\":{\"layout\":\"ring\",\"cameras\":12,\"radius_m\":9,\"width_m\":14,\"heights_m\":[1.1,2.9],\"aim_"
    "m\":[0.3,0,1.35],"
    "\"azimuth_deg\":15,\"arc_deg\":120,\"hfov_deg\":46,\"size_px\":[1280,720],\"lens\":\"pinhole\","
    "\"distortion\":[0,0,0,0,0]},"
    "\"evaluation\":{\"cameras\":4,\"frames\":[6,12,18,24,30],\"inputs\":false},"
    "\"feed\":{\"kind\":\"video\",\"quality\":\"best\"}," FAULTS "}";

int sim_scene_builtin(sp_json **out, const char *name)
{
    const char *text = !strcmp(name, "aerials") ? aerials : !strcmp(name, "court") ? court : NULL;
    if (!text)
        return sp_error(SP_EINVAL, "there is no scene '%s': use aerials, court, or the path of a scene file",
                        name);
    return sp_json_parse(out, text, strlen(text), name);
}
