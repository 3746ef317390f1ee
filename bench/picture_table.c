// The table: rows with their scores, for people, as Markdown and as JSON.
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 16, CELL = 48 };

static const char *const titles[PICTURE_GROUPS] = {
    [PICTURE_SETS] = "Sets",
    [PICTURE_SIM] = "Simulated takes",
    [PICTURE_FAULTS] = "One thing changed",
    [PICTURE_CROWD] = "Several athletes",
    [PICTURE_CURVES] = "What the curves are made of",
    [PICTURE_TRIAL] = "Trial",
};

// Columns in order. A group shows those that it can have.
enum {
    NAME,
    WHOLE,
    WHOLE_SSIM,
    BOX,
    BOX_SSIM,
    MASK,
    LOSS_BOX,
    LOSS_MASK,
    DEBRIS,
    HOLES,
    FLICKER,
    SUSPECT,
    PREPARE,
    MOMENT,
    INSTANTS,
    PEAK
};
static const char *const heads[COLUMNS] = {
    "row",      "frame dB", "SSIM",    "box dB",  "SSIM",      "mask dB",  "box lost", "mask lost",
    "debris %", "holes %",  "flicker", "suspect", "prepare s", "moment s", "instants", "MiB"};

static bool is_shown(picture_group group, int column)
{
    switch (column) {
    case LOSS_BOX:
    case LOSS_MASK:
        return group == PICTURE_FAULTS;
    case SUSPECT:
        return group == PICTURE_FAULTS || group == PICTURE_CROWD;
    case INSTANTS:
        return group != PICTURE_FAULTS && group != PICTURE_CROWD;
    default:
        return true;
    }
}

static void put(char cell[CELL], const char *format, double value)
{
    if (isfinite(value))
        snprintf(cell, CELL, format, value); // NOLINT: formats are the literals below
    else
        snprintf(cell, CELL, "-");
}

// Which camera the report names, and whether that is the one.
static void put_suspect(char cell[CELL], const picture_row *row, const picture_result *result)
{
    if (!row->suspect)
        snprintf(cell, CELL, "%s", *result->suspects ? result->suspects : "-");
    else if (!strcmp(result->suspects, row->suspect))
        snprintf(cell, CELL, "named");
    else
        snprintf(cell, CELL, "%s, not %s", *result->suspects ? result->suspects : "none", row->suspect);
}

static void put_losses(char cells[COLUMNS][CELL], const picture_job *job, const picture_row *row,
                       const sp_score *score)
{
    const picture_row *clean = row->clean ? picture_row_find(row->clean) : NULL;
    const picture_result *there = clean ? &job->results[clean - picture_rows] : NULL;
    bool has_clean = there && there->score_count;
    put(cells[LOSS_BOX], "%.2f", has_clean ? there->mean.psnr_box - score->psnr_box : NAN);
    put(cells[LOSS_MASK], "%.2f", has_clean ? there->mean.psnr_mask - score->psnr_mask : NAN);
}

static void fill(char cells[COLUMNS][CELL], const picture_job *job, const picture_row *row)
{
    const picture_result *r = &job->results[row - picture_rows];
    const sp_score *s = &r->mean;
    snprintf(cells[NAME], CELL, "%s", row->name);
    put(cells[WHOLE], "%.2f", s->psnr);
    put(cells[WHOLE_SSIM], "%.3f", s->ssim);
    put(cells[BOX], "%.2f", s->psnr_box);
    put(cells[BOX_SSIM], "%.3f", s->ssim_box);
    put(cells[MASK], "%.2f", s->psnr_mask);
    put_losses(cells, job, row, s);
    put(cells[DEBRIS], "%.2f", 100 * s->debris);
    put(cells[HOLES], "%.2f", 100 * s->holes);
    put(cells[FLICKER], "%.2f", s->flicker);
    put_suspect(cells[SUSPECT], row, r);
    put(cells[PREPARE], "%.1f", r->prepare_s > 0 ? r->prepare_s : NAN);
    put(cells[MOMENT], "%.1f", r->moment_s);
    put(cells[INSTANTS], "%.0f", r->instants);
    put(cells[PEAK], "%.0f", (double)r->peak_bytes / (1 << 20));
}

// ---- Text

static void write_row(FILE *out, char cells[COLUMNS][CELL], const int widths[COLUMNS], picture_group group,
                      bool is_markdown)
{
    for (int c = 0; c < COLUMNS; c++) {
        if (!is_shown(group, c))
            continue;
        if (is_markdown)
            fprintf(out, "| %s ", cells[c]);
        else
            fprintf(out, c ? "  %*s" : "%-*s", widths[c], cells[c]);
    }
    fprintf(out, is_markdown ? "|\n" : "\n");
}

static void write_rule(FILE *out, picture_group group)
{
    for (int c = 0; c < COLUMNS; c++)
        if (is_shown(group, c))
            fprintf(out, c ? "|--:" : "|---");
    fprintf(out, "|\n");
}

static bool is_row_of(const picture_job *job, int index, picture_group group)
{
    return job->is_chosen[index] && picture_rows[index].group == group;
}

static void measure_widths(int widths[COLUMNS], const picture_job *job, picture_group group)
{
    char cells[COLUMNS][CELL];
    for (int c = 0; c < COLUMNS; c++)
        widths[c] = (int)strlen(heads[c]);
    for (int k = 0; k < picture_row_count; k++) {
        if (!is_row_of(job, k, group))
            continue;
        fill(cells, job, &picture_rows[k]);
        bool is_measured = !job->results[k].why_not;
        for (int c = 0; c < (is_measured ? COLUMNS : 1); c++)
            if ((int)strlen(cells[c]) > widths[c])
                widths[c] = (int)strlen(cells[c]);
    }
}

static void write_group(FILE *out, const picture_job *job, picture_group group, bool is_markdown)
{
    char cells[COLUMNS][CELL];
    int widths[COLUMNS];
    measure_widths(widths, job, group);
    for (int c = 0; c < COLUMNS; c++)
        snprintf(cells[c], CELL, "%s", heads[c]);
    fprintf(out, is_markdown ? "### %s\n\n" : "%s\n", titles[group]);
    write_row(out, cells, widths, group, is_markdown);
    if (is_markdown)
        write_rule(out, group);
    for (int k = 0; k < picture_row_count; k++) {
        if (!is_row_of(job, k, group))
            continue;
        fill(cells, job, &picture_rows[k]);
        if (!job->results[k].why_not)
            write_row(out, cells, widths, group, is_markdown);
        else if (!is_markdown)
            fprintf(out, "%-*s  %s\n", widths[NAME], cells[NAME], job->results[k].why_not);
    }
    fprintf(out, "\n");
    for (int k = 0; k < picture_row_count && is_markdown; k++)
        if (is_row_of(job, k, group))
            fprintf(out, "- `%s`: %s%s%s\n", picture_rows[k].name, picture_rows[k].about,
                    job->results[k].why_not ? ". Not measured: " : "",
                    job->results[k].why_not ? job->results[k].why_not : "");
    if (is_markdown)
        fprintf(out, "\n");
}

char *picture_tables(const picture_job *job, bool is_markdown)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return NULL;
    for (int group = 0; group < PICTURE_GROUPS; group++) {
        bool has_rows = false;
        for (int k = 0; k < picture_row_count; k++)
            has_rows = has_rows || is_row_of(job, k, (picture_group)group);
        if (has_rows)
            write_group(out, job, (picture_group)group, is_markdown);
    }
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}

// ---- JSON

static int set_costs(sp_json *out, const picture_result *r)
{
    int code = sp_json_set_number(out, "moment_s", r->moment_s);
    if (!code && r->prepare_s > 0)
        code = sp_json_set_number(out, "prepare_s", r->prepare_s);
    if (!code)
        code = sp_json_set_number(out, "instants", r->instants);
    if (!code)
        code = sp_json_set_number(out, "peak_mib", (double)r->peak_bytes / (1 << 20));
    return code ? code : sp_json_set_string(out, "suspects", r->suspects);
}

static int set_scores(sp_json *out, const picture_result *r)
{
    sp_json *pictures = sp_json_array(), *mean = sp_score_json(&r->mean);
    int code = pictures && mean ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < r->score_count && !code; i++) {
        sp_json *one = sp_score_json(&r->scores[i]);
        code = one ? sp_json_append(pictures, &one) : SP_ENOMEM;
    }
    if (!code)
        code = sp_json_set(out, "mean", &mean);
    if (!code)
        code = sp_json_set(out, "pictures", &pictures);
    sp_json_free(&pictures);
    sp_json_free(&mean);
    return code;
}

int picture_json(sp_json *out, const picture_job *job)
{
    sp_json *rows = sp_json_array();
    int code = rows ? SP_OK : SP_ENOMEM;
    for (int k = 0; k < picture_row_count && !code; k++) {
        const picture_result *r = &job->results[k];
        if (!job->is_chosen[k])
            continue;
        sp_json *row = sp_json_object();
        code = row ? sp_json_set_string(row, "row", picture_rows[k].name) : SP_ENOMEM;
        if (!code && r->why_not)
            code = sp_json_set_string(row, "why_not", r->why_not);
        if (!code && !r->why_not)
            code = set_costs(row, r);
        if (!code && !r->why_not)
            code = set_scores(row, r);
        if (!code)
            code = sp_json_append(rows, &row);
        sp_json_free(&row);
    }
    if (!code)
        code = sp_json_set(out, "rows", &rows);
    sp_json_free(&rows);
    return code;
}
