#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const positionals[] = {"SCENE", NULL};
static const cli_usage usage = {
    "sim SCENE -o TAKE | --cloud FILE [--set PATH=VALUE]",
    "A synthetic take with ground truth. SCENE is aerials, court, or a scene file; --set\n"
    "changes one field, such as --set rig.cameras=8 (all fields: --print-scene). With\n"
    "--cloud, the true surface at an instant, as the cameras see it, becomes a splat cloud.",
    positionals, 1};

// Set a.b.c in a document, making the objects on the way. The value is JSON, or else a text.
static int set_field(sp_json *root, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return sp_error(SP_EINVAL, "--set is FIELD=VALUE, such as rig.cameras=8, not '%s'", assignment);
    // From the innermost outwards would need the whole path; so each level is taken out, changed and put
    // back.
    char *path = sp_format("%.*s", (int)(equals - assignment), assignment);
    if (!path)
        return SP_ENOMEM;
    char *dot = strchr(path, '.');
    int code = SP_OK;
    if (dot) {
        *dot = '\0';
        const sp_json *there = sp_json_get(root, path);
        sp_json *child = there && sp_json_is_object(there) ? sp_json_copy(there) : sp_json_object();
        code = child ? set_field(child, assignment + (dot + 1 - path)) : SP_ENOMEM;
        if (code == SP_OK)
            code = sp_json_set(root, path, &child);
        sp_json_free(&child);
    } else {
        // A document is an object or an array, so the value is read as an array's only element.
        char *wrapped = sp_format("[%s]", equals + 1);
        sp_json *array = NULL, *value = NULL;
        code = wrapped ? SP_OK : SP_ENOMEM;
        if (wrapped && sp_json_parse(&array, wrapped, strlen(wrapped), "--set") == SP_OK &&
            sp_json_length(array) == 1 && (value = sp_json_copy(sp_json_at(array, 0))))
            code = sp_json_set(root, path, &value);
        else if (wrapped)
            code = sp_json_set_string(root, path, equals + 1);
        sp_json_free(&array);
        free(wrapped);
    }
    free(path);
    return code;
}

static void print(cli *c, const sp_sim_report *report, const char *folder)
{
    if (c->is_json) {
        sp_json_set_string(cli_result(c), "take", folder);
        sp_json_set_int(cli_result(c), "pictures", report->frames);
        sp_json_set_number(cli_result(c), "seconds", report->seconds);
        sp_json_set_number(cli_result(c), "pictures_per_s_core", report->frames_per_s_core);
    } else if (!c->is_quiet) {
        printf("take     %s\npictures %lld in %.1f s, %.2f per second and core\n", folder,
               (long long)report->frames, report->seconds, report->frames_per_s_core);
    }
}

static int simulate(cli *c, sp_sim *sim, const char *folder)
{
    sp_sim_report report;
    int code = cli_pool(c);
    if (code == SP_OK)
        code = sp_sim_write_take(sim, folder, &report, c->pool, &c->progress);
    if (code < 0)
        return cli_fail(c, code);
    print(c, &report, folder);
    return CLI_DONE;
}

static int save_cloud(cli *c, const sp_sim *sim, const sp_sim_cloud_params *params, const char *path)
{
    sp_splat_cloud cloud = {0};
    int code = cli_pool(c);
    if (code == SP_OK)
        code = sp_sim_cloud(&cloud, sim, params, c->pool, &c->progress);
    if (code == SP_OK)
        code = sp_splat_save(&cloud, path);
    size_t count = cloud.count;
    sp_splat_cloud_free(&cloud);
    if (code < 0)
        return cli_fail_request(c, code);
    if (c->is_json) {
        sp_json_set_string(cli_result(c), "cloud", path);
        sp_json_set_int(cli_result(c), "splats", (int64_t)count);
    } else if (!c->is_quiet) {
        printf("cloud    %s\nsplats   %zu\n", path, count);
    }
    return CLI_DONE;
}

int cmd_sim(cli *c, int argc, char **argv)
{
    const char *args[1], *output = NULL, *cloud_path = NULL;
    sp_sim_cloud_params cloud = sp_sim_cloud_params_default();
    int64_t splats = (int64_t)cloud.count;
    cli_texts sets = {0};
    bool wants_scene = false;
    cli_option options[] = {
        {.name = "set",
         .kind = CLI_REPEAT,
         .value = &sets,
         .argument = "FIELD=VALUE",
         .help = "change one field of the scene"},
        {.name = "print-scene",
         .kind = CLI_FLAG,
         .value = &wants_scene,
         .help = "print the scene with all its fields and end"},
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &output,
         .argument = "TAKE",
         .help = "the take's folder"},
        {.name = "cloud",
         .kind = CLI_TEXT,
         .value = &cloud_path,
         .argument = "FILE",
         .help = "write the true surface as a splat cloud (.ply, .spz)"},
        {.name = "at",
         .kind = CLI_NUMBER,
         .value = &cloud.t_s,
         .argument = "S",
         .help = "the cloud's instant on the rig clock",
         .min = -1e6,
         .max = 1e6},
        {.name = "splats",
         .kind = CLI_INTEGER,
         .value = &splats,
         .argument = "N",
         .help = "how many splats the cloud has",
         .min = 1,
         .max = 50000000},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status == CLI_GO_ON && !output && !cloud_path && !wants_scene)
        status = cli_misuse(c, "-o TAKE or --cloud FILE is missing");
    if (status != CLI_GO_ON)
        return status;
    sp_json *overrides = sp_json_object();
    sp_sim *sim = NULL;
    int code = overrides ? SP_OK : SP_ENOMEM;
    if (code == SP_OK && cli_options_is_given(&c->options, "seed"))
        code = sp_json_set_int(overrides, "seed", c->seed);
    for (int i = 0; i < sets.count && code == SP_OK; i++)
        code = set_field(overrides, sets.items[i]);
    if (code == SP_OK)
        code = sp_sim_open(&sim, args[0], overrides);
    if (code < 0) {
        status = cli_fail_request(c, code);
    } else if (wants_scene) {
        c->is_json = true;
        sp_json_free(&c->result);
        c->result = sp_sim_settings(sim);
        status = CLI_DONE;
    } else {
        cloud.count = (size_t)splats;
        cloud.seed = (uint64_t)c->seed;
        status = cloud_path ? save_cloud(c, sim, &cloud, cloud_path) : CLI_DONE;
        if (status == CLI_DONE && output)
            status = simulate(c, sim, output);
    }
    sp_sim_close(&sim);
    sp_json_free(&overrides);
    return status;
}
