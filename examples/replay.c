// A replay of one instant of a take: replay TAKE SECONDS CLIP.mp4
#include <stillpoint/stillpoint.h>

#include <stdio.h>
#include <stdlib.h>

static bool show(void *user, const char *stage, double done, double total)
{
    (void)user;
    fprintf(stderr, "\r%s %.0f%%   ", stage, total > 0 ? 100 * done / total : 0);
    return true; // false would cancel
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: replay TAKE SECONDS CLIP.mp4\n");
        return 2;
    }
    sp_take *take = NULL;
    sp_pool *pool = NULL;
    sp_progress progress = {show, NULL};
    sp_replay_params params = sp_replay_params_default();

    int code = sp_pool_open(&pool, 0); // a thread per core
    if (code == SP_OK)
        code = sp_take_open(&take, argv[1]);
    if (code == SP_OK)
        code =
            sp_replay_clip(NULL, argv[3], take, strtod(argv[2], NULL), NULL, &params, NULL, pool, &progress);
    if (code < 0)
        fprintf(stderr, "\n%s\n", sp_error_text());
    sp_take_close(&take);
    sp_pool_close(&pool);
    return code < 0;
}
