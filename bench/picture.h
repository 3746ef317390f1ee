// What `bench picture` measures: takes go through the program's own commands, as a user would run them, and
// are scored at cameras that took no part. A row of the table is a take, what is done with it, and its truth.
#ifndef BENCH_PICTURE_H
#define BENCH_PICTURE_H

#include "bench.h"

#include <stillpoint/replay.h>

typedef enum picture_group {
    PICTURE_SETS,
    PICTURE_SIM,
    PICTURE_FAULTS,
    PICTURE_CROWD,
    PICTURE_CURVES,
    PICTURE_TRIAL, // only by name
    PICTURE_GROUPS
} picture_group;

// Texts are commands or their arguments, parted at spaces. In them {data} is the folder of --data, {take} the
// row's take, {NAME} the take of the row NAME.
typedef struct picture_row {
    const char *name, *about;
    picture_group group;
    const char *needs;   // a file without which the row is left out; or NULL
    const char *make;    // commands that make the take, with ; between them; NULL: the take of the row `take`
    const char *take;    // the row whose take this one uses; NULL: its own
    const char *venue;   // the row whose background it takes over, plates and rig being the same; NULL: none
    const char *prepare; // arguments of prepare; NULL: nothing is prepared
    const char *moments; // arguments of moment; with ; between several commands, each from a cold start
    const char *truth;   // as eval's; NULL: the cameras that were left out; "": nothing is scored
    const char *rig;     // as eval's
    const char *cameras; // eval's, or NULL: all
    const char *clean;   // the row that its loss is counted from, or NULL
    const char *suspect; // the camera that the report should name, or NULL
    const char *sync;    // a take's truth/cameras.json whose clocks the take is told; or NULL
    const char *clocks;  // arguments of sync, after the venue is taken over; NULL: clocks stay as they are
    const char *curve;   // the curve that it is a point of, or NULL
    double x;            // ... and where
} picture_row;
enum { PICTURE_ROWS_MOST = 80 };
extern const picture_row picture_rows[];
extern const int picture_row_count;
const picture_row *picture_row_find(const char *name); // NULL when there is none

typedef struct picture_result {
    char *why_not; // one sentence when the row could not be measured; owned
    sp_score mean;
    sp_score *scores; // owned
    int score_count;
    double prepare_s, moment_s; // wall, from start to end of the command; of moment the mean over commands
    double instants;            // of one such command
    int64_t peak_bytes;         // most resident memory of any of them
    char suspects[256];         // cameras that the moment's report names, with spaces between; "" for none
} picture_result;

typedef struct picture_job {
    bench_context *bench;
    char *program;  // this one
    char *folder;   // of takes; removed at the end
    char *log;      // what commands say on stderr
    char stage[64]; // of progress: the row, how many are done, of how many
    int done, count;
    bool is_made[PICTURE_ROWS_MOST], is_chosen[PICTURE_ROWS_MOST];
    const picture_row *prepared[PICTURE_ROWS_MOST]; // per row: whose prepare stands in its take
    picture_result results[PICTURE_ROWS_MOST];
} picture_job;

// ---- Commands (picture_steps.c)

typedef struct picture_cost {
    double seconds;
    int64_t peak_bytes;
} picture_cost;

// A text with the names in braces put in. Free with free(); NULL when memory runs out.
char *picture_text(const picture_job *job, const picture_row *row, const char *text);
// The folder of the take that a row uses. Free with free().
char *picture_take(const picture_job *job, const picture_row *row);
// Run commands (; between them) and wait. first and last (nullable) are put before and after each. When one
// ends badly, the sentence is its own last one. SP_ECANCELLED when it was interrupted.
int picture_commands(picture_cost *cost, picture_job *job, const picture_row *row, const char *first,
                     const char *text, const char *last);

// ---- A row (picture_run.c)

// Make its take where that is not there yet, prepare, reconstruct, score; results go to the row's place. What
// the row could not do is said there: an error code comes only from being cancelled or out of memory.
int picture_run(picture_job *job, const picture_row *row);
void picture_result_free(picture_result *result);

// ---- Contact sheets (picture_sheet.c)

typedef struct picture_sheet {
    sp_image8 lines[256];
    int count;
} picture_sheet;
// One line: truth, ours, their difference, and the athlete in both. For sp_eval_params; context is the sheet.
int picture_sheet_see(void *context, const sp_eval_picture *picture);
int picture_sheet_save(const picture_sheet *sheet, const char *path);
void picture_sheet_free(picture_sheet *sheet);

// ---- What comes out (picture_table.c, picture_curves.c)

// The tables of all chosen rows, for people, or as Markdown. Free with free(); NULL when memory runs out.
char *picture_tables(const picture_job *job, bool is_markdown);
int picture_json(sp_json *out, const picture_job *job);
// PSNR against seconds, and cost against what it grows with: a plot, and lines that say how it grows. Nothing
// where no curve has three points.
int picture_curves(char **lines, const picture_job *job, const char *plot);

#endif
