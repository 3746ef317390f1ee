#include "pipeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const positionals[] = {"show", "TAKE", NULL};
static const cli_usage usage = {
    "rig show TAKE|FILE",
    "rig show lists the cameras of a take or of any importable file: size, lens, field of view, position,\n"
    "reprojection error.",
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

int cmd_rig(cli *c, int argc, char **argv)
{
    const char *args[2];
    int status = cli_parse(c, &usage, NULL, 0, args, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    if (strcmp(args[0], "show") != 0)
        return cli_misuse(c, "rig has no verb '%s'; did you mean show?", args[0]);
    sp_rig rig = {0};
    if (!sp_file_exists(args[1])) {
        sp_error(SP_ENOENT, "%s: there is no such take or camera file", args[1]);
        return cli_fail(c, SP_ENOENT);
    }
    int code = sp_rig_import(&rig, NULL, args[1], NULL);
    status = code < 0 ? cli_fail_input(c, code) : show(c, &rig);
    sp_rig_free(&rig);
    return status;
}
