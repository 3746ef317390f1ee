#include "stereo_match.h"

#include <math.h>

#define BEST_SOURCES 2
#define DISTINCT_PX 3.0f // a plane so much nearer or farther that its points move so far is another one
#define LEAST_STEP 0.002f
#define MOST_STEP 0.2f
#define DEPTH_COST 0.15f // of a depth that another view contradicts, by DEPTH_FAR of it or more
#define DEPTH_FAR 0.03f
#define COLOUR_COST 0.3f // of a colour that differs by COLOUR_FAR or more, mean of the channels
#define COLOUR_FAR 0.1f
#define FIRST_SHARE 0.7f // of the source that matches best; the rest counts the second

void recon_ray_at(float ray[3], const sp_camera *c, float x, float y)
{
    ray[0] = (x - (float)c->cx) / (float)c->fx;
    ray[1] = (y - (float)c->cy) / (float)c->fy;
    ray[2] = 1;
}

void recon_spot_at(recon_spot *out, const recon_matcher *s, int x, int y)
{
    recon_ray_at(out->ray, &s->ref->camera, (float)x + 0.5f, (float)y + 0.5f);
    recon_window_at(&out->window, &s->ref->grey, &s->ref->rgb, x, y);
    for (int c = 0; c < 3; c++)
        out->rgb[c] = sp_image_plane(&s->ref->rgb, c)[(size_t)y * (size_t)s->ref->rgb.width + (size_t)x];
    for (int j = 0; j < s->source_count; j++)
        for (int i = 0; i < 3; i++) {
            const float *r = s->sources[j].r + 3 * i;
            out->centre[j][i] = r[0] * out->ray[0] + r[1] * out->ray[1] + r[2];
        }
}

// The window through the plane's homography K_s (R + t n^T / delta) K_r^-1, linear about its centre: a point
// at ray q comes to K_s (R q + t n.q / delta), and the window's rays are ray + (x / fx, y / fy, 0).
static bool window_in(recon_affine *to, const recon_matcher *s, int j, const recon_patch *p,
                      const recon_spot *at, float per_x, float per_y, float inverse)
{
    const recon_source *src = &s->sources[j];
    float x = at->centre[j][0] + src->t[0] * inverse, y = at->centre[j][1] + src->t[1] * inverse;
    float z = at->centre[j][2] + src->t[2] * inverse;
    if (!(z > 1e-6f))
        return false;
    float scale = 1 / z, u = x * scale, v = y * scale;
    float sx = scale * s->per_pixel[0], sy = scale * s->per_pixel[1];
    float nx = p->n[0] * per_x, ny = p->n[1] * per_y;
    float wx = src->r[6] * sx + src->t[2] * scale * nx, wy = src->r[7] * sy + src->t[2] * scale * ny;
    to->u = u - 0.5f;
    to->v = v - 0.5f;
    to->ux = src->r[0] * sx + src->t[0] * scale * nx - u * wx;
    to->vx = src->r[3] * sx + src->t[1] * scale * nx - v * wx;
    to->uy = src->r[1] * sy + src->t[0] * scale * ny - u * wy;
    to->vy = src->r[4] * sy + src->t[1] * scale * ny - v * wy;
    return true;
}

// Does a source look at the plane's front?
static bool is_in_front(const recon_source *src, const recon_patch *p, float delta)
{
    return recon_dot3(p->n, src->eye) > delta;
}

// How far a point that comes to (u, v) at a depth is from what the source itself took for its depth there.
static float disagreement(const recon_source *src, const recon_affine *to, float depth)
{
    int x = (int)((to->u + 0.5f) * src->shrink[0]), y = (int)((to->v + 0.5f) * src->shrink[1]);
    x = x < 0 ? 0 : x >= src->known->width ? src->known->width - 1 : x;
    y = y < 0 ? 0 : y >= src->known->height ? src->known->height - 1 : y;
    float there = src->known->depth[(size_t)y * (size_t)src->known->width + (size_t)x];
    return DEPTH_COST * fminf(fabsf(there / depth - 1) * (1 / DEPTH_FAR), 1);
}

// Of the window's middle: what is grey alike may differ in colour.
static float colour_cost(const recon_spot *at, const sp_image *rgb, const recon_affine *to)
{
    int x = (int)(to->u + 0.5f), y = (int)(to->v + 0.5f);
    x = x < 0 ? 0 : x >= rgb->width ? rgb->width - 1 : x;
    y = y < 0 ? 0 : y >= rgb->height ? rgb->height - 1 : y;
    float difference = 0;
    for (int c = 0; c < 3; c++)
        difference += fabsf(sp_image_plane(rgb, c)[(size_t)y * (size_t)rgb->width + (size_t)x] - at->rgb[c]);
    return COLOUR_COST * fminf(difference * (1 / (3 * COLOUR_FAR)), 1);
}

float recon_match_cost(const recon_matcher *s, const recon_spot *at, const recon_patch *p)
{
    float best[BEST_SOURCES];
    int seen = 0;
    const float *ray = at->ray;
    float delta = p->depth * (p->n[0] * ray[0] + p->n[1] * ray[1] + p->n[2]);
    float per_x = s->per_pixel[0] / delta, per_y = s->per_pixel[1] / delta, inverse = 1 / p->depth;
    for (int j = 0; j < s->source_count; j++) {
        recon_affine to;
        if (!is_in_front(&s->sources[j], p, delta) || !window_in(&to, s, j, p, at, per_x, per_y, inverse))
            continue;
        float cost = s->window_cost(&at->window, &s->sources[j].view->quads, &to);
        if (cost >= RECON_COST_NOTHING)
            continue;
        cost += colour_cost(at, &s->sources[j].view->rgb, &to);
        if (s->sources[j].known)
            cost += disagreement(&s->sources[j], &to,
                                 p->depth * (at->centre[j][2] + s->sources[j].t[2] * inverse));
        int rank = seen < BEST_SOURCES ? seen : BEST_SOURCES;
        while (rank > 0 && best[rank - 1] > cost)
            rank--;
        for (int k = (seen < BEST_SOURCES ? seen : BEST_SOURCES - 1); k > rank; k--)
            best[k] = best[k - 1];
        if (rank < BEST_SOURCES)
            best[rank] = cost;
        seen += seen < BEST_SOURCES;
    }
    if (seen == 0)
        return RECON_COST_NOTHING;
    return seen == 1 ? best[0] : FIRST_SHARE * best[0] + (1 - FIRST_SHARE) * best[1];
}

// The share of a point's depth that moves it by DISTINCT_PX or more in every source.
float recon_telling_step(const recon_matcher *s, const recon_spot *here, float depth)
{
    float least = INFINITY, inverse = 1 / depth;
    for (int j = 0; j < s->source_count; j++) {
        const float *far = here->centre[j], *t = s->sources[j].t;
        float z = far[2] + t[2] * inverse;
        if (z < 1e-3f)
            continue;
        // d(u, v) / d(log inverse depth)
        float u = (far[0] + t[0] * inverse) / z, v = (far[1] + t[1] * inverse) / z;
        least = fminf(least, hypotf(t[0] - u * t[2], t[1] - v * t[2]) * inverse / z);
    }
    return fminf(fmaxf(DISTINCT_PX / least, LEAST_STEP), MOST_STEP);
}
