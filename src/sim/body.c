#include "body.h"

#include <stdlib.h>
#include <string.h>

void sim_body_free(sim_body *body)
{
    sim_mesh_free(&body->mesh);
    free(body->bone);
    free(body->weight);
    *body = (sim_body){0};
}

static double segment_distance(sp_vec3 p, sp_vec3 a, sp_vec3 b)
{
    sp_vec3 along = sp_v3_sub(b, a), from = sp_v3_sub(p, a);
    double squared = sp_v3_dot(along, along);
    double f = squared > 0 ? fmin(fmax(sp_v3_dot(from, along) / squared, 0), 1) : 0;
    return sp_v3_norm(sp_v3_sub(from, sp_v3_scale(along, f)));
}

// The bone a point of the skin belongs to before smoothing: the nearest, by distance from its surface.
static int nearest_bone(sp_vec3 p)
{
    static const struct {
        int bone;
        double radius;
    } candidates[] = {
        {SIM_PELVIS, 0.13},     {SIM_SPINE, 0.12},       {SIM_CHEST, 0.14},     {SIM_NECK, 0.06},
        {SIM_CLAVICLE_R, 0.06}, {SIM_UPPER_ARM_R, 0.05}, {SIM_FOREARM_R, 0.04}, {SIM_HAND_R, 0.035},
        {SIM_CLAVICLE_L, 0.06}, {SIM_UPPER_ARM_L, 0.05}, {SIM_FOREARM_L, 0.04}, {SIM_HAND_L, 0.035},
        {SIM_THIGH_R, 0.08},    {SIM_SHIN_R, 0.05},      {SIM_FOOT_R, 0.04},    {SIM_THIGH_L, 0.08},
        {SIM_SHIN_L, 0.05},     {SIM_FOOT_L, 0.04},
    };
    int best = SIM_PELVIS;
    double best_distance = 1e9;
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        const sim_bone_info *bone = &sim_bones[candidates[i].bone];
        double d = segment_distance(p, bone->head, bone->tail) - candidates[i].radius;
        if (d < best_distance) {
            best_distance = d;
            best = candidates[i].bone;
        }
    }
    return best;
}

// Weights diffuse along the surface, so they cannot leap from an arm to the trunk beside it.
static int smooth_weights(float *dense, const sim_mesh *mesh, int vertices, int triangles, int rounds)
{
    float *next = sp_calloc((size_t)vertices * SIM_BONES, sizeof(float));
    float *count = sp_calloc((size_t)vertices, sizeof(float));
    if (!next || !count) {
        free(next);
        free(count);
        return SP_ENOMEM;
    }
    for (int r = 0; r < rounds; r++) {
        memset(next, 0, (size_t)vertices * SIM_BONES * sizeof(float));
        memset(count, 0, (size_t)vertices * sizeof(float));
        for (int t = 0; t < triangles; t++)
            for (int e = 0; e < 3; e++) {
                size_t a = mesh->index[3 * t + e], b = mesh->index[3 * t + (e + 1) % 3];
                for (int k = 0; k < SIM_BONES; k++) {
                    next[a * SIM_BONES + (size_t)k] += dense[b * SIM_BONES + (size_t)k];
                    next[b * SIM_BONES + (size_t)k] += dense[a * SIM_BONES + (size_t)k];
                }
                count[a] += 1;
                count[b] += 1;
            }
        for (size_t v = 0; v < (size_t)vertices; v++)
            for (size_t k = 0; k < SIM_BONES && count[v] > 0; k++)
                dense[v * SIM_BONES + k] =
                    0.5f * dense[v * SIM_BONES + k] + 0.5f * next[v * SIM_BONES + k] / count[v];
    }
    free(next);
    free(count);
    return 0;
}

// Keep the largest weights of a vertex.
static void keep_influences(uint8_t *bone, float *weight, float *dense)
{
    float sum = 0;
    for (int i = 0; i < SIM_INFLUENCES; i++) {
        int best = 0;
        for (int k = 1; k < SIM_BONES; k++)
            if (dense[k] > dense[best])
                best = k;
        bone[i] = (uint8_t)best;
        weight[i] = dense[best];
        sum += dense[best];
        dense[best] = 0;
    }
    for (int i = 0; i < SIM_INFLUENCES; i++)
        weight[i] /= sum;
}

// Bind the first vertices, those of the body, softly.
static int bind_soft(sim_body *body, int vertices, int triangles)
{
    const sim_mesh *mesh = &body->mesh;
    float *dense = sp_calloc((size_t)vertices * SIM_BONES, sizeof(float));
    if (!dense)
        return SP_ENOMEM;
    for (int v = 0; v < vertices; v++) {
        const float *p = mesh->position + 3 * (size_t)v;
        dense[(size_t)v * SIM_BONES + (size_t)nearest_bone(sp_v3(p[0], p[1], p[2]))] = 1;
    }
    int rc = smooth_weights(dense, mesh, vertices, triangles, 28);
    for (int v = 0; rc >= 0 && v < vertices; v++)
        keep_influences(body->bone + SIM_INFLUENCES * (size_t)v, body->weight + SIM_INFLUENCES * (size_t)v,
                        dense + (size_t)v * SIM_BONES);
    free(dense);
    return rc;
}

static void bind_rigid(sim_body *body, int from, int to, int bone)
{
    for (int v = from; v < to; v++) {
        body->bone[SIM_INFLUENCES * (size_t)v] = (uint8_t)bone;
        body->weight[SIM_INFLUENCES * (size_t)v] = 1;
    }
}

// A rigid part's end among the vertices, and its bone.
typedef struct rigid_part {
    int end, bone;
} rigid_part;

static int add_rigid(sim_mesh *mesh, rigid_part *parts, int *count, int rc, int bone)
{
    if (rc >= 0)
        parts[(*count)++] = (rigid_part){mesh->vertices, bone};
    return rc;
}

static int build_rigid(sim_mesh *m, sim_outfit outfit, rigid_part *parts, int *count)
{
    int rc = add_rigid(m, parts, count, sim_shape_head(m), SIM_HEAD);
    for (int i = 0; i < 2 && rc >= 0; i++) {
        int foot = i ? SIM_FOOT_L : SIM_FOOT_R;
        double side = i ? -1 : 1;
        rc = outfit == SIM_OUTFIT_SKIER ? sim_shape_boot(m, side) : sim_shape_shoe(m, side);
        if (rc >= 0 && outfit == SIM_OUTFIT_SKIER)
            rc = sim_shape_ski(m, side);
        rc = add_rigid(m, parts, count, rc, foot);
    }
    if (rc >= 0 && outfit == SIM_OUTFIT_SKIER) {
        rc = sim_shape_helmet(m);
        if (rc >= 0)
            rc = sim_shape_goggles(m);
        rc = add_rigid(m, parts, count, rc, SIM_HEAD);
    } else if (rc >= 0) {
        rc = add_rigid(m, parts, count, sim_shape_hair(m), SIM_HEAD);
        double r = SIM_BALL_RADIUS_M;
        if (rc >= 0)
            rc = sim_mesh_ellipsoid(m, sim_bones[SIM_BALL].head, sp_v3(r, r, r), 40, SIM_MAT_BALL);
        rc = add_rigid(m, parts, count, rc, SIM_BALL);
    }
    return rc;
}

int sim_body_build(sim_body *out, sim_outfit outfit)
{
    sim_body body = {.outfit = outfit};
    rigid_part parts[8];
    int part_count = 0;
    int rc = sim_shape_body(&body.mesh, outfit);
    int soft_vertices = body.mesh.vertices, soft_triangles = body.mesh.triangles;
    if (rc >= 0)
        rc = build_rigid(&body.mesh, outfit, parts, &part_count);
    if (rc >= 0) {
        body.bone = sp_calloc((size_t)body.mesh.vertices * SIM_INFLUENCES, 1);
        body.weight = sp_calloc((size_t)body.mesh.vertices * SIM_INFLUENCES, sizeof(float));
        rc = body.bone && body.weight ? bind_soft(&body, soft_vertices, soft_triangles) : SP_ENOMEM;
    }
    if (rc < 0) {
        sim_body_free(&body);
        return rc;
    }
    int from = soft_vertices;
    for (int i = 0; i < part_count; i++) {
        bind_rigid(&body, from, parts[i].end, parts[i].bone);
        from = parts[i].end;
    }
    *out = body;
    return 0;
}

// A rigid transform as a dual quaternion: real part, dual part.
typedef struct dual {
    double r[4], d[4];
} dual;

// x -> R x + t.
static dual dual_from(sp_mat3 rotation, sp_vec3 t)
{
    sp_quat q = sp_quat_from_m3(rotation);
    dual out = {{q.w, q.x, q.y, q.z}, {0}};
    sp_quat moved = sp_quat_mul((sp_quat){0, 0.5 * t.x, 0.5 * t.y, 0.5 * t.z}, q);
    out.d[0] = moved.w;
    out.d[1] = moved.x;
    out.d[2] = moved.y;
    out.d[3] = moved.z;
    return out;
}

static dual blend(const dual *bones, const uint8_t *bone, const float *weight)
{
    dual sum = {{0}, {0}};
    const dual *pivot = &bones[bone[0]];
    for (int i = 0; i < SIM_INFLUENCES && weight[i] > 0; i++) {
        const dual *b = &bones[bone[i]];
        double along = 0;
        for (int k = 0; k < 4; k++)
            along += pivot->r[k] * b->r[k];
        double w = along < 0 ? -weight[i] : weight[i]; // q and -q are one rotation: take the near one
        for (int k = 0; k < 4; k++) {
            sum.r[k] += w * b->r[k];
            sum.d[k] += w * b->d[k];
        }
    }
    double norm = sqrt(sum.r[0] * sum.r[0] + sum.r[1] * sum.r[1] + sum.r[2] * sum.r[2] + sum.r[3] * sum.r[3]);
    for (int k = 0; k < 4; k++) {
        sum.r[k] /= norm;
        sum.d[k] /= norm;
    }
    return sum;
}

static sp_vec3 rotate(const double q[4], sp_vec3 v)
{
    sp_vec3 u = sp_v3(q[1], q[2], q[3]);
    sp_vec3 t = sp_v3_scale(sp_v3_cross(u, v), 2);
    return sp_v3_add(sp_v3_add(v, sp_v3_scale(t, q[0])), sp_v3_cross(u, t));
}

static sp_vec3 translation(const dual *d)
{
    sp_vec3 r = sp_v3(d->r[1], d->r[2], d->r[3]), e = sp_v3(d->d[1], d->d[2], d->d[3]);
    sp_vec3 sum = sp_v3_sub(sp_v3_scale(e, d->r[0]), sp_v3_scale(r, d->d[0]));
    return sp_v3_scale(sp_v3_add(sum, sp_v3_cross(r, e)), 2);
}

// Kavan et al., "Geometric Skinning with Approximate Dual Quaternion Blending", ACM TOG 27 (2008).
void sim_body_pose(float *position, float *normal, const sim_body *body, const sim_pose *pose)
{
    dual bones[SIM_BONES];
    for (int i = 0; i < SIM_BONES; i++) {
        sp_vec3 t = sp_v3_sub(pose->position[i], sp_m3_apply(pose->rotation[i], sim_bones[i].head));
        bones[i] = dual_from(pose->rotation[i], t);
    }
    const sim_mesh *mesh = &body->mesh;
    for (size_t v = 0; v < (size_t)mesh->vertices; v++) {
        dual d = blend(bones, body->bone + SIM_INFLUENCES * v, body->weight + SIM_INFLUENCES * v);
        const float *p = mesh->position + 3 * v, *n = mesh->normal + 3 * v;
        sp_vec3 moved = sp_v3_add(rotate(d.r, sp_v3(p[0], p[1], p[2])), translation(&d));
        position[3 * v] = (float)moved.x;
        position[3 * v + 1] = (float)moved.y;
        position[3 * v + 2] = (float)moved.z;
        if (!normal)
            continue;
        sp_vec3 turned = rotate(d.r, sp_v3(n[0], n[1], n[2]));
        normal[3 * v] = (float)turned.x;
        normal[3 * v + 1] = (float)turned.y;
        normal[3 * v + 2] = (float)turned.z;
    }
}
