// A moment's folder while it gets better. Until a first result is whole it is written aside and an older
// moment stays; then it stands, and files are replaced one by one, each whole. A file of an older moment is
// never seen beside one of this.
#include "moment_job.h"

#include <stdlib.h>

#include "folder.h"

int moment_folder_check(const char *folder)
{
    if (!sp_file_exists(folder))
        return SP_OK;
    char *mark = replay_path(folder, "moment.json");
    bool is_moment = mark && sp_file_exists(mark);
    free(mark);
    if (is_moment)
        return SP_OK;
    char **names;
    int count;
    if (!sp_is_folder(folder))
        return sp_error(SP_EINVAL,
                        "%s is a file, so no moment can be written there; choose another name with -o",
                        folder);
    int code = sp_folder_list(&names, &count, folder);
    if (code < 0)
        return code;
    sp_names_free(&names, count);
    if (count > 0)
        return sp_error(SP_EINVAL, "%s is a folder of something else; choose another name with -o", folder);
    return SP_OK;
}

const char *moment_folder(const moment_job *j)
{
    return j->aside ? j->aside : j->folder;
}

// Cameras that took part so far, with their mean colour correction once an instant is solved.
static void fill_cameras(sp_moment *shown, const moment_job *j)
{
    for (int i = 0; i < j->take->rig.count; i++) {
        const double *sums = j->gain_sums + 7 * i;
        if (!j->has_seen[i])
            continue;
        for (int k = 0; k < 6; k++)
            shown->gains[6 * shown->camera_count + k] = sums[6] > 0 ? sums[k] / sums[6] : k < 3;
        shown->cameras[shown->camera_count++] = j->take->rig.cameras[i].id;
    }
}

static int save_moment(const moment_job *j, sp_moment_state state)
{
    size_t cameras = (size_t)j->take->rig.count + 1;
    sp_moment shown = *j->moment; // borrows all but these lists
    shown.state = state;
    shown.folder = sp_strdup(moment_folder(j));
    shown.instants = sp_calloc((size_t)j->moment->count + 1, sizeof *shown.instants);
    shown.cameras = sp_calloc(cameras, sizeof *shown.cameras);
    shown.gains = sp_calloc(cameras, 6 * sizeof *shown.gains);
    shown.count = shown.camera_count = 0;
    int code = shown.folder && shown.instants && shown.cameras && shown.gains ? SP_OK : SP_ENOMEM;
    for (int i = 0; i < j->moment->count && code == SP_OK; i++)
        if (j->is_there[i])
            shown.instants[shown.count++] = j->moment->instants[i];
    if (code == SP_OK)
        fill_cameras(&shown, j);
    if (code == SP_OK)
        code = sp_moment_save(&shown);
    free(shown.folder);
    free(shown.instants);
    free(shown.cameras);
    free(shown.gains);
    return code;
}

int moment_folder_publish(moment_job *j, sp_moment_state state, int64_t frame, int iterations)
{
    int code = moment_report_update(j, state, frame, iterations);
    if (code == SP_OK)
        code = moment_report_save(j);
    if (code == SP_OK)
        code = save_moment(j, state);
    if (code == SP_OK && j->aside) {
        code = replay_folder_commit(j->aside, j->folder);
        if (code < 0)
            return code;
        free(j->aside);
        j->aside = NULL;
    }
    const sp_moment_watch *watch = j->params->watch;
    if (code == SP_OK && watch)
        code = watch->see(watch->context, j->folder, sp_time_s() - j->begin_s, iterations, state);
    return code;
}
