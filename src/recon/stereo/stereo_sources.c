// Which other views tell the depth of one.
#include "stereo_match.h"

#include <math.h>

#define MAX_SOURCE_ANGLE_RAD 1.4
// Views nearer to each other than this, seen from the middle of the scene, tell little about depth; as far as
// they fall short they count as turned away.
#define LEAST_PARALLAX_RAD 0.07
#define PARALLAX_WEIGHT 3

// How unfit another view is as a source: its angle, and what it lacks in parallax.
static double unfitness(double angle, double baseline, double distance)
{
    double parallax = distance > 0 ? baseline / distance : LEAST_PARALLAX_RAD;
    return angle + PARALLAX_WEIGHT * fmax(LEAST_PARALLAX_RAD - parallax, 0);
}

static void find_sources(recon_matcher *s, const recon_stereo_view *views, int count, int index,
                         double distance_m, const recon_depth_map *known)
{
    double angle[RECON_SOURCES];
    const sp_camera *ref = &views[index].camera;
    for (int j = 0; j < count; j++) {
        const sp_camera *other = &views[j].camera;
        double dot = 0;
        for (int k = 0; k < 3; k++)
            dot += ref->rotation.m[6 + k] * other->rotation.m[6 + k];
        double a = acos(dot > 1 ? 1 : dot < -1 ? -1 : dot);
        double baseline = sp_v3_norm(sp_v3_sub(sp_camera_center(ref), sp_camera_center(other)));
        if (j == index || a > MAX_SOURCE_ANGLE_RAD || baseline < 1e-3)
            continue;
        a = unfitness(a, baseline, distance_m);
        int at = s->source_count;
        while (at > 0 && angle[at - 1] > a)
            at--;
        if (at >= RECON_SOURCES)
            continue;
        int last = s->source_count < RECON_SOURCES ? s->source_count++ : RECON_SOURCES - 1;
        for (int k = last; k > at; k--) {
            angle[k] = angle[k - 1];
            s->sources[k] = s->sources[k - 1];
        }
        angle[at] = a;
        s->sources[at].view = &views[j];
        s->sources[at].known = known ? &known[j] : NULL;
    }
    for (int j = 0; j < s->source_count; j++) {
        recon_source *src = &s->sources[j];
        sp_mat3 r = sp_m3_mul(src->view->camera.rotation, sp_m3_transpose(ref->rotation));
        sp_vec3 t = sp_v3_sub(src->view->camera.translation, sp_m3_apply(r, ref->translation));
        const sp_camera *c = &src->view->camera;
        if (src->known) {
            src->shrink[0] = (float)src->known->width / (float)c->width;
            src->shrink[1] = (float)src->known->height / (float)c->height;
        }
        for (int k = 0; k < 3; k++) {
            src->r[k] = (float)(c->fx * r.m[k] + c->cx * r.m[6 + k]);
            src->r[3 + k] = (float)(c->fy * r.m[3 + k] + c->cy * r.m[6 + k]);
            src->r[6 + k] = (float)r.m[6 + k];
        }
        src->t[0] = (float)(c->fx * t.x + c->cx * t.z);
        src->t[1] = (float)(c->fy * t.y + c->cy * t.z);
        src->t[2] = (float)t.z;
        sp_vec3 eye = sp_camera_to_cam(ref, sp_camera_center(c));
        src->eye[0] = (float)eye.x;
        src->eye[1] = (float)eye.y;
        src->eye[2] = (float)eye.z;
    }
}

void recon_matcher_open(recon_matcher *s, const recon_stereo_view *views, int count, int index,
                        double distance_m, const recon_depth_map *known)
{
    *s = (recon_matcher){.ref = &views[index], .window_cost = recon_window_cost_best()};
    find_sources(s, views, count, index, distance_m, known);
    const sp_camera *c = &s->ref->camera;
    s->per_pixel[0] = 1 / (float)c->fx;
    s->per_pixel[1] = 1 / (float)c->fy;
}
