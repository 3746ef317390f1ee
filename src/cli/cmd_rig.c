#include "pipeline.h"

#include <stillpoint/calibrate.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const positionals[] = {"show|check", "TAKE", NULL};
static const cli_usage usage = {
    "rig show|check TAKE|FILE [-o DIR]",
    "rig show lists the cameras of a take or of any importable file: size, lens, field of view, position,\n"
    "reprojection error. With -o it draws the map: DIR/map.svg and map.png.\n"
    "rig check measures how well the cameras of a take agree at one instant, by silhouettes (where there "
    "are\n"
    "plates) and by corners that several cameras see, and names the worst. Writes TAKE/check/ (or DIR):\n"
    "map.svg, map.png, a picture per camera that shows what was compared, report.json.\n"
    "Of a file without footage only the map can be drawn.",
    positionals, 2};

static const char *const lens_names[] = {"pinhole", "brown", "fisheye"};

static double fov_deg(int pixels, double focal)
{
    return 2 * atan(pixels / (2 * focal)) * 180 / M_PI;
}

static int camera_json(sp_json *list, const sp_camera *camera)
{
    sp_vec3 eye = sp_camera_center(camera),
            forward = sp_m3_apply_transposed(camera->rotation, sp_v3(0, 0, 1));
    double size[2] = {camera->width, camera->height}, position[3] = {eye.x, eye.y, eye.z};
    double direction[3] = {forward.x, forward.y, forward.z};
    sp_json *row = sp_json_object();
    int code = row ? sp_json_set_string(row, "id", camera->id) : SP_ENOMEM;
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "size_px", size, 2);
    if (code == SP_OK)
        code = sp_json_set_string(row, "lens", lens_names[camera->lens]);
    if (code == SP_OK)
        code = sp_json_set_number(row, "fov_h_deg", fov_deg(camera->width, camera->fx));
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "position_m", position, 3);
    if (code == SP_OK)
        code = sp_json_set_numbers(row, "direction", direction, 3);
    if (code == SP_OK && camera->residual_px >= 0)
        code = sp_json_set_number(row, "residual_px", camera->residual_px);
    if (code == SP_OK)
        code = sp_json_append(list, &row);
    sp_json_free(&row);
    return code;
}

static void print_camera(const sp_camera *camera)
{
    sp_vec3 eye = sp_camera_center(camera);
    char size[32];
    snprintf(size, sizeof size, "%dx%d", camera->width, camera->height);
    printf("%-14s %-11s %-8s %7.1f %8.2f %8.2f %8.2f", camera->id, size, lens_names[camera->lens],
           fov_deg(camera->width, camera->fx), eye.x, eye.y, eye.z);
    if (camera->residual_px >= 0)
        printf(" %8.2f\n", camera->residual_px);
    else
        printf(" %8s\n", "-");
}

static int show(cli *c, const sp_rig *rig)
{
    sp_vec3 focus = sp_rig_focus(rig);
    if (c->is_json) {
        sp_json *list = sp_json_array();
        double at[3] = {focus.x, focus.y, focus.z};
        for (int i = 0; list && i < rig->count; i++)
            camera_json(list, &rig->cameras[i]);
        if (list)
            sp_json_set(cli_result(c), "cameras", &list);
        if (isfinite(sp_v3_norm(focus)))
            sp_json_set_numbers(cli_result(c), "focus_m", at, 3);
        return CLI_DONE;
    }
    printf("%-14s %-11s %-8s %7s %8s %8s %8s %8s\n", "camera", "pixels", "lens", "fov deg", "x m", "y m",
           "z m", "error px");
    for (int i = 0; i < rig->count; i++)
        print_camera(&rig->cameras[i]);
    printf("%d cameras, axes meet near (%.2f, %.2f, %.2f) m, from %s\n", rig->count, focus.x, focus.y,
           focus.z, rig->obtained ? rig->obtained : "unknown");
    return CLI_DONE;
}

// ---- Map and check

static int draw_maps(const sp_rig *rig, const char *folder)
{
    static const char *const names[] = {"map.svg", "map.png"};
    int code = sp_folder_make(folder);
    for (int i = 0; i < 2 && code == SP_OK; i++) {
        char *path = sp_path_join(folder, names[i]);
        code = path ? sp_rig_draw_map(rig, NULL, path) : SP_ENOMEM;
        free(path);
    }
    return code;
}

static void print_number(const char *format, double value, int width)
{
    if (isnan(value))
        printf(" %*s", width, "-");
    else
        printf(format, value);
}

static void print_check(const sp_rig_check_report *report, char **ids, const char *folder)
{
    printf("%-14s %10s %14s %8s %12s %9s\n", "camera", "silhouette", "best shift px", "corners",
           "epipolar px", "track px");
    for (int i = 0; i < report->count; i++) {
        const sp_check_camera *c = &report->cameras[i];
        printf("%-14s", ids[i]);
        print_number(" %10.3f", c->agreement, 10);
        if (isnan(c->agreement))
            printf(" %14s", "-");
        else
            printf(" %6.1f, %6.1f", c->shift_x, c->shift_y);
        printf(" %8d", c->matches);
        print_number(" %12.2f", c->epipolar_px, 12);
        print_number(" %9.2f", c->track_px, 9);
        printf("%s\n", c->is_suspect ? "  SUSPECT" : c->is_checked ? "" : "  not checked");
    }
    printf("%s\npictures  %s\n", report->verdict, folder);
}

typedef struct check_request {
    const char *output, *cameras, *without;
    double at, tolerance;
} check_request;

static int run_check(cli *c, sp_take *take, const char *folder, const check_request *r, char **only,
                     char **without)
{
    sp_camera_choice choice = {.only = (const char *const *)only, .without = (const char *const *)without};
    sp_check_params params = sp_check_params_default();
    sp_rig_check_report report;
    char **ids;
    params.tolerance_px = r->tolerance;
    int code = cli_pool(c);
    if (code == SP_OK)
        code = sp_rig_check_take(&report, &ids, folder, take, &choice, r->at < 0 ? NAN : r->at, &params,
                                 c->pool, &c->progress);
    if (code < 0)
        return cli_fail_request(c, code);
    if (c->is_json) {
        char *path = sp_path_join(folder, "report.json");
        sp_json *document = NULL;
        if (path && sp_json_load(&document, path) == SP_OK) {
            sp_json_set_string(cli_result(c), "folder", folder);
            sp_json_set(cli_result(c), "check", &document);
        }
        free(path);
    } else if (!c->is_quiet) {
        print_check(&report, ids, folder);
    }
    sp_names_free(&ids, report.count);
    sp_rig_check_report_free(&report);
    return CLI_DONE;
}

static int check(cli *c, const char *path, const check_request *r)
{
    sp_take *take = NULL;
    char **only = NULL, **without = NULL;
    int status, code = cli_open_take(&take, path);
    if (code < 0)
        return cli_fail_input(c, code);
    char *folder = r->output ? sp_strdup(r->output) : sp_path_join(path, "check");
    code = folder ? cli_list_split(&only, r->cameras) : SP_ENOMEM;
    if (code == SP_OK)
        code = cli_list_split(&without, r->without);
    status = code < 0 ? cli_fail(c, code) : run_check(c, take, folder, r, only, without);
    cli_list_free(&only);
    cli_list_free(&without);
    free(folder);
    sp_take_close(&take);
    return status;
}

static int show_and_draw(cli *c, const char *path, const char *folder)
{
    sp_rig rig = {0};
    int code = sp_rig_import(&rig, NULL, path, NULL);
    int status = code < 0 ? cli_fail_input(c, code) : show(c, &rig);
    if (status == CLI_DONE && folder) {
        code = draw_maps(&rig, folder);
        if (code < 0)
            status = cli_fail(c, code);
        else if (!c->is_json && !c->is_quiet)
            printf("map  %s/map.png\n", folder);
    }
    sp_rig_free(&rig);
    return status;
}

int cmd_rig(cli *c, int argc, char **argv)
{
    const char *args[2];
    check_request r = {.at = -1};
    cli_option options[] = {
        {.name = "output",
         .letter = 'o',
         .kind = CLI_TEXT,
         .value = &r.output,
         .argument = "DIR",
         .help = "where pictures go (check: TAKE/check)"},
        {.name = "at",
         .kind = CLI_NUMBER,
         .value = &r.at,
         .argument = "S",
         .help = "instant to check, seconds; below 0: the middle of the footage",
         .min = -1,
         .max = 1e6},
        {.name = "tolerance",
         .kind = CLI_NUMBER,
         .value = &r.tolerance,
         .argument = "PX",
         .help = "errors up to this are fine; 0: a 400th of the width",
         .min = 0,
         .max = 1000},
        {.name = "cameras",
         .kind = CLI_TEXT,
         .value = &r.cameras,
         .argument = "A,B",
         .help = "only these cameras"},
        {.name = "without",
         .kind = CLI_TEXT,
         .value = &r.without,
         .argument = "A,B",
         .help = "leave these cameras out"},
    };
    int status = cli_parse(c, &usage, options, sizeof options / sizeof *options, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    if (!sp_file_exists(args[1])) {
        sp_error(SP_ENOENT, "%s: there is no such take or camera file", args[1]);
        return cli_fail(c, SP_ENOENT);
    }
    if (strcmp(args[0], "show") == 0)
        return show_and_draw(c, args[1], r.output);
    if (strcmp(args[0], "check") == 0)
        return check(c, args[1], &r);
    return cli_misuse(c, "rig has no verb '%s'; there are show and check", args[0]);
}
