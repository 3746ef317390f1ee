#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *const positionals[] = {NULL};
static const cli_usage usage = {"doctor",
                                "What this machine has and lacks: processor, memory, encoders, fonts, disk "
                                "space. Status 4 when it lacks\n"
                                "something that a replay needs.",
                                positionals, 0};

typedef struct finding {
    const char *what;
    bool is_good;
    char detail[160];
} finding;

enum { FINDINGS = 8, TRIAL_FRAMES = 8 };

// A moving grey ramp, written and read again: the encoder, the container and the decoder all have to be
// there.
static int trial_clip(const char *path, bool is_hevc)
{
    sp_writer_params params = sp_writer_params_default();
    params.width = params.height = 64;
    params.fps = (sp_rational){30, 1};
    params.is_hevc = is_hevc;
    sp_writer *writer = NULL;
    sp_source *source = NULL;
    sp_image8 frame = {0};
    int code = sp_image8_init(&frame, 64, 64, 3);
    if (code == SP_OK)
        code = sp_writer_open(&writer, path, &params);
    for (int i = 0; i < TRIAL_FRAMES && code == SP_OK; i++) {
        for (int k = 0; k < 64 * 64 * 3; k++)
            frame.data[k] = (uint8_t)(k / 48 + 8 * i);
        code = sp_writer_write(writer, &frame);
    }
    if (code == SP_OK)
        code = sp_writer_finish(writer);
    sp_writer_close(&writer);
    if (code == SP_OK)
        code = sp_source_open(&source, path, NULL);
    double t;
    for (int i = 0; i < TRIAL_FRAMES && code == SP_OK; i++)
        code = sp_source_next(source, &frame, &t);
    sp_source_close(&source);
    sp_image8_free(&frame);
    return code;
}

static void look_at_codec(finding *f, const char *folder, bool is_hevc)
{
    f->what = is_hevc ? "H.265" : "H.264";
    char *path = sp_path_join(folder, is_hevc ? "hevc.mp4" : "h264.mp4");
    int code = path ? trial_clip(path, is_hevc) : SP_ENOMEM;
    f->is_good = code == SP_OK;
    snprintf(f->detail, sizeof f->detail, "%s", code == SP_OK ? "encodes and decodes" : sp_error_text());
    free(path);
}

static void look_at_codecs(finding *h264, finding *hevc)
{
    const char *root = getenv("TMPDIR");
    char *folder = sp_format("%s/stillpoint-doctor-XXXXXX", root && *root ? root : "/tmp");
    if (!folder || !mkdtemp(folder)) {
        *h264 = (finding){"H.264", false, "no temporary folder can be made; set TMPDIR"};
        *hevc = (finding){"H.265", false, "no temporary folder can be made; set TMPDIR"};
    } else {
        look_at_codec(h264, folder, false);
        look_at_codec(hevc, folder, true);
        sp_folder_remove(folder);
    }
    free(folder);
}

static void look_at_processor(finding *f)
{
    sp_renderer *renderer = NULL;
    sp_render_params params = sp_render_params_default();
    int code = sp_renderer_open(&renderer, &params, NULL);
    f->what = "processor";
    f->is_good = code == SP_OK;
    if (code == SP_OK)
        snprintf(f->detail, sizeof f->detail, "%s, kernels %s, %ld cores", sp_cpu_name(sp_cpu_detect()),
                 sp_renderer_kernels(renderer), sysconf(_SC_NPROCESSORS_ONLN));
    else
        snprintf(f->detail, sizeof f->detail, "%s", sp_error_text());
    sp_renderer_close(&renderer);
}

static void look_at_memory(finding *f)
{
    double page = (double)sysconf(_SC_PAGESIZE) / (1 << 30);
    double all = (double)sysconf(_SC_PHYS_PAGES) * page, free_gib = (double)sysconf(_SC_AVPHYS_PAGES) * page;
    f->what = "memory";
    f->is_good = all >= 3.5;
    snprintf(f->detail, sizeof f->detail, "%.1f GiB, %.1f GiB free%s", all, free_gib,
             f->is_good ? "" : "; twelve cameras need 4 GiB");
}

static void look_at_disk(finding *f)
{
    struct statvfs disk;
    f->what = "disk";
    if (statvfs(".", &disk) != 0) {
        snprintf(f->detail, sizeof f->detail, "the current folder cannot be looked at");
        return;
    }
    double free_gib = (double)disk.f_bavail * (double)disk.f_frsize / (1 << 30);
    f->is_good = free_gib >= 1;
    snprintf(f->detail, sizeof f->detail, "%.1f GiB free here%s", free_gib,
             f->is_good ? "" : "; a take needs 1 GiB");
}

static void look_at_fonts(finding *f)
{
    sp_canvas *canvas = NULL;
    f->what = "fonts";
    int code = sp_canvas_open(&canvas, 64, 64, NULL);
    f->is_good = code == SP_OK && sp_canvas_text_width(canvas, 16, false, "Stillpoint") > 20;
    snprintf(f->detail, sizeof f->detail, "%s",
             f->is_good ? "text can be drawn" : "no text can be drawn; install a font such as DejaVu Sans");
    sp_canvas_close(&canvas);
}

static void print(cli *c, const finding *findings, int count)
{
    sp_json *list = c->is_json ? sp_json_array() : NULL;
    for (int i = 0; i < count; i++) {
        const finding *f = &findings[i];
        if (!c->is_json) {
            printf("%-5s %-10s %s\n", f->is_good ? "ok" : "LACKS", f->what, f->detail);
            continue;
        }
        sp_json *row = sp_json_object();
        if (!row || !list)
            break;
        sp_json_set_string(row, "what", f->what);
        sp_json_set_bool(row, "ok", f->is_good);
        sp_json_set_string(row, "detail", f->detail);
        sp_json_append(list, &row);
    }
    if (list)
        sp_json_set(cli_result(c), "findings", &list);
}

int cmd_doctor(cli *c, int argc, char **argv)
{
    int status = cli_parse(c, &usage, NULL, 0, NULL, argc, argv);
    if (status == CLI_GO_ON)
        status = cli_settle(c, NULL);
    if (status != CLI_GO_ON)
        return status;
    finding findings[FINDINGS] = {
        {.what = "version", .is_good = true, .detail = "stillpoint " STILLPOINT_VERSION}};
    int count = 1;
    look_at_processor(&findings[count++]);
    look_at_memory(&findings[count++]);
    look_at_disk(&findings[count++]);
    look_at_fonts(&findings[count++]);
    look_at_codecs(&findings[count], &findings[count + 1]);
    count += 2;
    print(c, findings, count);
    for (int i = 0; i < count; i++)
        if (!findings[i].is_good)
            return CLI_LACKS;
    return CLI_DONE;
}
