// Contact sheets: what a number cannot say.
#include "picture.h"

#include <stillpoint/canvas.h>

#include <stdio.h>
#include <stdlib.h>

enum { TILE_HEIGHT = 240, GAP = 4, CAPTION = 22, TILES = 5, LINES_MOST = 256 };
#define DIFFERENCE_GAIN 1.5f

static const sp_color paper = {0.09, 0.1, 0.11, 1}, ink = {0.93, 0.94, 0.95, 1};

// Ours minus truth around grey: what is too bright is bright.
static int difference(sp_image *out, const sp_image *ours, const sp_image *truth)
{
    int code = sp_image_init(out, ours->width, ours->height, 3);
    size_t count = 3 * (size_t)ours->width * (size_t)ours->height;
    for (size_t i = 0; !code && i < count; i++)
        out->data[i] = fminf(fmaxf(0.5f + 0.5f * DIFFERENCE_GAIN * (ours->data[i] - truth->data[i]), 0), 1);
    return code;
}

// The athlete's box with the tile's shape, or the whole picture where no athlete is.
static sp_rect athlete_of(const sp_eval_picture *p)
{
    const sp_image *mask = p->mask ? p->mask : p->alpha;
    sp_rect box = sp_mask_bounds(mask, 0.5f, 0.15, 6);
    return box.width ? box : (sp_rect){0, 0, mask->width, mask->height};
}

// A part of a picture as a tile of the common height.
static int make_tile(sp_image8 *out, const sp_image *image, sp_rect part)
{
    sp_image cut = {0}, sized = {0};
    int code = sp_image_crop(&cut, image, part.x, part.y, part.width, part.height);
    if (!code)
        code = sp_image_resize(&sized, &cut, (int)ceil((double)TILE_HEIGHT * part.width / part.height),
                               TILE_HEIGHT);
    if (!code)
        code = sp_image_to8(out, &sized);
    sp_image_free(&cut);
    sp_image_free(&sized);
    return code;
}

// What a canvas holds, without its fourth channel, which JPEG has no room for.
static int finish(sp_image8 *out, sp_canvas *canvas)
{
    sp_image8 rgba = {0}, rgb = {0};
    int code = sp_canvas_finish(canvas, &rgba);
    if (!code)
        code = sp_image8_init(&rgb, rgba.width, rgba.height, 3);
    for (size_t i = 0; !code && i < (size_t)rgb.width * (size_t)rgb.height; i++)
        for (size_t k = 0; k < 3; k++)
            rgb.data[i * 3 + k] = rgba.data[i * 4 + k];
    sp_image8_free(&rgba);
    if (!code)
        *out = rgb;
    return code;
}

static void write_caption(char *out, size_t size, const sp_score *s)
{
    int used = snprintf(out, size, "%s  frame %lld   %.2f dB", s->camera, (long long)s->frame, s->psnr);
    if (!isnan(s->psnr_box))
        used += snprintf(out + used, size - (size_t)used, "   box %.2f", s->psnr_box);
    if (!isnan(s->psnr_mask))
        used += snprintf(out + used, size - (size_t)used, "   mask %.2f", s->psnr_mask);
    if (!isnan(s->debris))
        snprintf(out + used, size - (size_t)used, "   debris %.1f%%   holes %.1f%%", 100 * s->debris,
                 100 * s->holes);
}

static int draw_line(sp_image8 *out, const sp_image8 tiles[TILES], const sp_score *score)
{
    double width = GAP;
    char caption[160];
    sp_canvas *canvas = NULL;
    for (int k = 0; k < TILES; k++)
        width += tiles[k].width + GAP;
    int code = sp_canvas_open(&canvas, width, TILE_HEIGHT + CAPTION + GAP, NULL);
    if (code)
        return code;
    sp_canvas_fill_all(canvas, paper);
    write_caption(caption, sizeof caption, score);
    sp_canvas_text(canvas, GAP + 2, CAPTION - 7, 14, 0, false, caption, ink);
    double x = GAP;
    for (int k = 0; k < TILES && !code; k++) {
        code = sp_canvas_image(canvas, &tiles[k], x, CAPTION, tiles[k].width, TILE_HEIGHT);
        x += tiles[k].width + GAP;
    }
    if (!code)
        code = finish(out, canvas);
    sp_canvas_close(&canvas);
    return code;
}

int picture_sheet_see(void *context, const sp_eval_picture *p)
{
    picture_sheet *sheet = context;
    if (sheet->count == LINES_MOST)
        return SP_OK;
    const sp_rect whole = {0, 0, p->ours->width, p->ours->height}, athlete = athlete_of(p);
    sp_image off = {0};
    sp_image8 tiles[TILES] = {0};
    const struct {
        const sp_image *image;
        sp_rect part;
    } shown[TILES] = {
        {p->truth, whole}, {p->ours, whole}, {&off, whole}, {p->truth, athlete}, {p->ours, athlete}};
    int code = difference(&off, p->ours, p->truth);
    for (int k = 0; k < TILES && !code; k++)
        code = make_tile(&tiles[k], shown[k].image, shown[k].part);
    if (!code)
        code = draw_line(&sheet->lines[sheet->count], tiles, p->score);
    sheet->count += !code;
    for (int k = 0; k < TILES; k++)
        sp_image8_free(&tiles[k]);
    sp_image_free(&off);
    return code;
}

int picture_sheet_save(const picture_sheet *sheet, const char *path)
{
    int width = 0, height = 0;
    for (int k = 0; k < sheet->count; k++) {
        width = sheet->lines[k].width > width ? sheet->lines[k].width : width;
        height += sheet->lines[k].height;
    }
    sp_canvas *canvas = NULL;
    sp_image8 drawn = {0};
    int code = sp_canvas_open(&canvas, width, height, NULL);
    if (code)
        return code;
    sp_canvas_fill_all(canvas, paper);
    double y = 0;
    for (int k = 0; k < sheet->count && !code; k++) {
        const sp_image8 *line = &sheet->lines[k];
        code = sp_canvas_image(canvas, line, 0, y, line->width, line->height);
        y += line->height;
    }
    if (!code)
        code = finish(&drawn, canvas);
    if (!code)
        code = sp_image8_save(&drawn, path);
    sp_image8_free(&drawn);
    sp_canvas_close(&canvas);
    return code;
}

void picture_sheet_free(picture_sheet *sheet)
{
    for (int k = 0; k < sheet->count; k++)
        sp_image8_free(&sheet->lines[k]);
    sheet->count = 0;
}
