#include "sheet.h"

#include <stdlib.h>

enum { GAP = 4, CAPTION = 20, TILE_WIDTH = 320 };

int replay_sheet_open(replay_sheet *out, int count, int columns, double aspect)
{
    replay_sheet sheet = {.columns = columns, .rows = (count + columns - 1) / columns};
    // Upright pictures get narrower tiles, so that a sheet of any rig has about the same area.
    sheet.tile_width = aspect >= 1 ? TILE_WIDTH : TILE_WIDTH * 0.6;
    sheet.tile_height = sheet.tile_width / aspect;
    double width = columns * (sheet.tile_width + GAP) + GAP;
    double height = sheet.rows * (sheet.tile_height + CAPTION + GAP) + GAP;
    int code = sp_canvas_open(&sheet.canvas, ceil(width), ceil(height), NULL);
    if (code < 0)
        return code;
    sp_canvas_fill_all(sheet.canvas, (sp_color){0.1, 0.1, 0.11, 1});
    *out = sheet;
    return SP_OK;
}

int replay_sheet_add(replay_sheet *sheet, const sp_image8 *picture, const char *caption)
{
    double x = GAP + (sheet->next % sheet->columns) * (sheet->tile_width + GAP);
    double y = GAP + (double)(sheet->next / sheet->columns) * (sheet->tile_height + CAPTION + GAP);
    sheet->next++;
    double scale = fmin(sheet->tile_width / picture->width, sheet->tile_height / picture->height);
    sp_canvas_text(sheet->canvas, x + 3, y + 15, 13, 0, false, caption, (sp_color){0.9, 0.9, 0.9, 1});
    return sp_canvas_image(sheet->canvas, picture, x, y + CAPTION, picture->width * scale,
                           picture->height * scale);
}

int replay_sheet_save(replay_sheet *sheet, const char *path)
{
    sp_image8 rgba = {0}, rgb = {0};
    int code = sp_canvas_finish(sheet->canvas, &rgba);
    if (code == SP_OK)
        code = sp_image8_init(&rgb, rgba.width, rgba.height, 3);
    for (size_t i = 0; code == SP_OK && i < (size_t)rgb.width * (size_t)rgb.height; i++)
        for (size_t k = 0; k < 3; k++)
            rgb.data[i * 3 + k] = rgba.data[i * 4 + k];
    if (code == SP_OK)
        code = sp_image8_save(&rgb, path);
    sp_image8_free(&rgba);
    sp_image8_free(&rgb);
    return code;
}

void replay_sheet_close(replay_sheet *sheet)
{
    sp_canvas_close(&sheet->canvas);
}
