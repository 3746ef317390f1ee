#include "shape.h"

double sim_smooth_min(double a, double b, double k)
{
    double h = k > 0 ? fmax(k - fabs(a - b), 0) / k : 0;
    return fmin(a, b) - 0.25 * h * h * k;
}

static double cone(const sim_primitive *s, sp_vec3 p)
{
    sp_vec3 along = sp_v3_sub(s->b, s->a), from = sp_v3_sub(p, s->a);
    double f = sp_v3_dot(from, along) / sp_v3_dot(along, along);
    f = fmin(fmax(f, 0), 1);
    return sp_v3_norm(sp_v3_sub(from, sp_v3_scale(along, f))) - (s->r0 + (s->r1 - s->r0) * f);
}

// First-order distance: value over gradient length of the implicit quadric.
static double ellipsoid(const sim_primitive *s, sp_vec3 p)
{
    sp_vec3 d = sp_v3_sub(p, s->a);
    sp_vec3 q = sp_v3(d.x / s->b.x, d.y / s->b.y, d.z / s->b.z);
    sp_vec3 g = sp_v3(q.x / s->b.x, q.y / s->b.y, q.z / s->b.z);
    double value = sp_v3_norm(q), slope = sp_v3_norm(g);
    return slope > 1e-9 ? value * (value - 1) / slope : -fmin(s->b.x, fmin(s->b.y, s->b.z));
}

static double box(const sim_primitive *s, sp_vec3 p)
{
    sp_vec3 d = sp_v3_sub(p, s->a);
    sp_vec3 q = sp_v3(fabs(d.x) - s->b.x + s->r0, fabs(d.y) - s->b.y + s->r0, fabs(d.z) - s->b.z + s->r0);
    sp_vec3 outside = sp_v3(fmax(q.x, 0), fmax(q.y, 0), fmax(q.z, 0));
    return sp_v3_norm(outside) + fmin(fmax(q.x, fmax(q.y, q.z)), 0) - s->r0;
}

double sim_primitive_distance(const sim_primitive *s, sp_vec3 p)
{
    switch (s->kind) {
    case SIM_CONE:
        return cone(s, p);
    case SIM_ELLIPSOID:
        return ellipsoid(s, p);
    default:
        return box(s, p);
    }
}

double sim_shape_distance(const void *context, sp_vec3 p)
{
    const sim_shape *shape = context;
    // The mirrored half is farther away by twice |x|; beyond the widest blend it changes nothing.
    const double reach = 0.10;
    sp_vec3 near = sp_v3(fabs(p.x), p.y, p.z), far = sp_v3(-fabs(p.x), p.y, p.z);
    double d = 1e3;
    for (int i = 0; i < shape->count; i++) {
        const sim_primitive *s = &shape->primitives[i];
        d = sim_smooth_min(d, sim_primitive_distance(s, s->is_mirrored ? near : p), s->blend);
        if (s->is_mirrored && near.x < reach)
            d = sim_smooth_min(d, sim_primitive_distance(s, far), s->blend);
    }
    return d;
}
