#include <stillpoint/replay.h>

sp_replay_params sp_replay_params_default(void)
{
    return (sp_replay_params){.seed = 1,
                              .kernels = SP_KERNELS_AUTO,
                              .plate_samples = 60,
                              .background_s = 95,
                              .background_splats = 300000,
                              .background_reduce = 1,
                              .instant_s = 15,
                              .splats = 30000,
                              .clip = sp_clip_params_default()};
}

sp_json *sp_replay_params_json(const sp_replay_params *params)
{
    sp_json *out = sp_json_object();
    if (!out)
        return NULL;
    int code = sp_json_set_number(out, "seconds", params->instant_s);
    if (code == SP_OK)
        code = sp_json_set_int(out, "splats", params->splats);
    if (code == SP_OK)
        code = sp_json_set_int(out, "iterations", params->iterations);
    if (code == SP_OK)
        code = sp_json_set_int(out, "plate_samples", params->plate_samples);
    if (code == SP_OK)
        code = sp_json_set_number(out, "background_seconds", params->background_s);
    if (code == SP_OK)
        code = sp_json_set_int(out, "background_splats", params->background_splats);
    if (code == SP_OK && params->is_whole_scene)
        code = sp_json_set_bool(out, "whole_scene", true);
    if (code < 0)
        sp_json_free(&out);
    return out;
}
