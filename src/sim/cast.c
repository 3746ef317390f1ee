#include "cast.h"

#include "noise.h"

#include <stdlib.h>
#include <string.h>

#include <embree3/rtcore.h>
#include <stillpoint/base.h>

// What lies overhead is a scene of its own, not a ray mask: Embree is commonly built without masks.
struct sim_stage {
    RTCDevice device;
    RTCScene solid, overhead;
};

struct sim_accelerator {
    RTCDevice device;
    RTCScene scene;
    RTCGeometry geometry;
};

static int embree_error(RTCDevice device, const char *doing)
{
    return sp_error(SP_ENOTSUP, "Embree failed while %s (code %d)", doing, (int)rtcGetDeviceError(device));
}

static RTCGeometry make_geometry(RTCDevice device, const sim_mesh *mesh, float *first, float *second)
{
    RTCGeometry g = rtcNewGeometry(device, RTC_GEOMETRY_TYPE_TRIANGLE);
    rtcSetGeometryTimeStepCount(g, second ? 2 : 1);
    rtcSetSharedGeometryBuffer(g, RTC_BUFFER_TYPE_INDEX, 0, RTC_FORMAT_UINT3, mesh->index, 0, 12,
                               (size_t)mesh->triangles);
    rtcSetSharedGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 0, RTC_FORMAT_FLOAT3, first, 0, 12,
                               (size_t)mesh->vertices);
    if (second)
        rtcSetSharedGeometryBuffer(g, RTC_BUFFER_TYPE_VERTEX, 1, RTC_FORMAT_FLOAT3, second, 0, 12,
                                   (size_t)mesh->vertices);
    return g;
}

static RTCScene make_static(RTCDevice device, const sim_mesh *mesh)
{
    RTCScene scene = rtcNewScene(device);
    if (mesh->triangles) {
        RTCGeometry g = make_geometry(device, mesh, mesh->position, NULL);
        rtcCommitGeometry(g);
        rtcAttachGeometry(scene, g);
        rtcReleaseGeometry(g);
    }
    rtcCommitScene(scene);
    return scene;
}

int sim_stage_open(sim_stage **out, const sim_venue *venue)
{
    sim_stage *stage = sp_calloc(1, sizeof(*stage));
    if (!stage)
        return SP_ENOMEM;
    // Building inside the calling thread keeps all threads of the process with the pool.
    stage->device = rtcNewDevice("threads=1");
    if (!stage->device) {
        free(stage);
        return embree_error(NULL, "starting");
    }
    stage->solid = make_static(stage->device, &venue->mesh);
    stage->overhead = make_static(stage->device, &venue->overhead);
    if (rtcGetDeviceError(stage->device) != RTC_ERROR_NONE) {
        sim_stage_close(&stage);
        return sp_error(SP_ENOTSUP, "Embree could not build the venue");
    }
    *out = stage;
    return 0;
}

void sim_stage_close(sim_stage **stage)
{
    if (!*stage)
        return;
    rtcReleaseScene((*stage)->solid);
    rtcReleaseScene((*stage)->overhead);
    rtcReleaseDevice((*stage)->device);
    free(*stage);
    *stage = NULL;
}

static struct RTCRay make_ray(const sim_ray *ray)
{
    struct RTCRay r = {
        .org_x = (float)ray->from.x,
        .org_y = (float)ray->from.y,
        .org_z = (float)ray->from.z,
        .tnear = (float)ray->least_m,
        .dir_x = (float)ray->direction.x,
        .dir_y = (float)ray->direction.y,
        .dir_z = (float)ray->direction.z,
        .time = (float)ray->shutter,
        .tfar = (float)ray->most_m,
        .mask = ~0u,
    };
    return r;
}

static bool intersect(sim_hit *hit, RTCScene scene, const sim_ray *ray)
{
    struct RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    struct RTCRayHit query = {.ray = make_ray(ray)};
    query.hit.geomID = RTC_INVALID_GEOMETRY_ID;
    rtcIntersect1(scene, &context, &query);
    if (query.hit.geomID == RTC_INVALID_GEOMETRY_ID)
        return false;
    *hit = (sim_hit){query.ray.tfar, (int)query.hit.primID, false, query.hit.u, query.hit.v};
    return true;
}

static bool occluded(RTCScene scene, const sim_ray *ray)
{
    struct RTCIntersectContext context;
    rtcInitIntersectContext(&context);
    struct RTCRay query = make_ray(ray);
    rtcOccluded1(scene, &context, &query);
    return query.tfar < 0;
}

bool sim_stage_hit(sim_hit *hit, const sim_stage *stage, const sim_ray *ray)
{
    sim_hit above;
    bool is_solid = intersect(hit, stage->solid, ray);
    if (!intersect(&above, stage->overhead, ray) || (is_solid && hit->distance_m <= above.distance_m))
        return is_solid;
    *hit = above;
    hit->is_overhead = true;
    return true;
}

bool sim_stage_blocks(const sim_stage *stage, const sim_ray *ray, bool with_overhead)
{
    return occluded(stage->solid, ray) || (with_overhead && occluded(stage->overhead, ray));
}

bool sim_actor_hit(sim_hit *hit, const sim_actor *actor, const sim_ray *ray)
{
    return intersect(hit, actor->accelerator->scene, ray);
}

bool sim_actor_blocks(const sim_actor *actor, const sim_ray *ray)
{
    return occluded(actor->accelerator->scene, ray);
}

static int open_accelerator(sim_actor *actor)
{
    struct sim_accelerator *a = sp_calloc(1, sizeof(*a));
    if (!a)
        return SP_ENOMEM;
    actor->accelerator = a;
    a->device = rtcNewDevice("threads=1");
    if (!a->device)
        return embree_error(NULL, "starting");
    a->scene = rtcNewScene(a->device);
    a->geometry = make_geometry(a->device, &actor->world->troupe, actor->position[0], actor->position[1]);
    rtcSetGeometryBuildQuality(a->geometry, RTC_BUILD_QUALITY_LOW);
    rtcSetSceneBuildQuality(a->scene, RTC_BUILD_QUALITY_LOW);
    rtcSetSceneFlags(a->scene, RTC_SCENE_FLAG_DYNAMIC);
    rtcCommitGeometry(a->geometry);
    rtcAttachGeometry(a->scene, a->geometry);
    return rtcGetDeviceError(a->device) == RTC_ERROR_NONE
               ? 0
               : sp_error(SP_ENOTSUP, "Embree could not take the athlete's surface");
}

int sim_actor_open(sim_actor **out, const sim_world *world)
{
    sim_actor *a = sp_calloc(1, sizeof(*a));
    if (!a)
        return SP_ENOMEM;
    size_t count = (size_t)world->troupe.vertices;
    a->world = world;
    a->position[0] = sp_calloc(count * 3 + 1, sizeof(float));
    a->position[1] = sp_calloc(count * 3 + 1, sizeof(float));
    a->normal = sp_calloc(count * 3, sizeof(float));
    a->openness = sp_calloc(count, sizeof(float));
    a->scratch = sp_calloc(count * 3 + 1, sizeof(float));
    a->shadow = sp_calloc(count, sizeof(sp_vec3));
    int rc = a->position[0] && a->position[1] && a->normal && a->openness && a->scratch && a->shadow
                 ? open_accelerator(a)
                 : SP_ENOMEM;
    if (rc < 0) {
        sim_actor_close(&a);
        return rc;
    }
    *out = a;
    return 0;
}

void sim_actor_close(sim_actor **actor)
{
    sim_actor *a = *actor;
    if (!a)
        return;
    if (a->accelerator) {
        if (a->accelerator->geometry)
            rtcReleaseGeometry(a->accelerator->geometry);
        if (a->accelerator->scene)
            rtcReleaseScene(a->accelerator->scene);
        if (a->accelerator->device)
            rtcReleaseDevice(a->accelerator->device);
        free(a->accelerator);
    }
    free(a->position[0]);
    free(a->position[1]);
    free(a->normal);
    free(a->openness);
    free(a->scratch);
    free(a->shadow);
    free(a);
    *actor = NULL;
}

sp_vec3 sim_sun_sample(const sim_light *light, double a, double b)
{
    double r = light->disc * sqrt(a), c = r * cos(2 * M_PI * b), s = r * sin(2 * M_PI * b);
    sp_vec3 d = sp_v3_add(light->to_sun, sp_v3_add(sp_v3_scale(light->side, c), sp_v3_scale(light->up, s)));
    return sp_v3_unit(d);
}

sp_vec3 sim_cosine_sample(sp_vec3 normal, double a, double b)
{
    // A point on the unit sphere added to the normal has the cosine's distribution.
    double z = 1 - 2 * a, r = sqrt(fmax(0, 1 - z * z));
    sp_vec3 d = sp_v3(normal.x + r * cos(2 * M_PI * b), normal.y + r * sin(2 * M_PI * b), normal.z + z);
    return sp_v3_norm(d) > 1e-6 ? sp_v3_unit(d) : normal;
}

// Sky light at every vertex, by a few rays against the athlete, then smoothed over neighbours.
static void find_openness(sim_actor *a)
{
    enum { RAYS = 6 };
    const sim_mesh *mesh = &a->world->troupe;
    float *sum = a->scratch, *count = a->scratch + mesh->vertices;
    for (int v = 0; v < mesh->vertices; v++) {
        const float *p0 = a->position[0] + 3 * (size_t)v, *p1 = a->position[1] + 3 * (size_t)v,
                    *n = a->normal + 3 * (size_t)v;
        sp_vec3 normal = sp_v3(n[0], n[1], n[2]);
        sp_vec3 p = sp_v3(0.5 * (p0[0] + p1[0]), 0.5 * (p0[1] + p1[1]), 0.5 * (p0[2] + p1[2]));
        int open = 0;
        for (uint32_t i = 0; i < RAYS; i++) {
            uint32_t h = sim_hash4((uint32_t)v, i, 71, 0);
            double turn = sim_unit(h), lift = (i + sim_unit(sim_hash(h))) / RAYS;
            sim_ray ray = {sp_v3_add(p, sp_v3_scale(normal, 0.004)), sim_cosine_sample(normal, lift, turn),
                           0.002, 0.6, 0.5};
            open += !sim_actor_blocks(a, &ray);
        }
        a->openness[v] = (float)open / RAYS;
    }
    for (int round = 0; round < 3; round++) {
        for (int v = 0; v < mesh->vertices; v++) {
            sum[v] = a->openness[v];
            count[v] = 1;
        }
        for (int t = 0; t < mesh->triangles; t++)
            for (int e = 0; e < 3; e++) {
                uint32_t i = mesh->index[3 * t + e], j = mesh->index[3 * t + (e + 1) % 3];
                sum[i] += a->openness[j];
                count[i] += 1;
            }
        for (int v = 0; v < mesh->vertices; v++)
            a->openness[v] = sum[v] / count[v];
    }
}

static void find_shadow(sim_actor *a, const sim_stage *stage)
{
    const sim_mesh *mesh = &a->world->troupe;
    sp_vec3 down = sp_v3_scale(a->world->venue.light.to_sun, -1);
    a->shadow_points = 0;
    for (int v = 0; v < mesh->vertices; v += 2) {
        const float *p = a->position[v & 2 ? 1 : 0] + 3 * (size_t)v;
        sim_ray ray = {sp_v3(p[0], p[1], p[2]), down, 0, 120, 0};
        sim_hit hit;
        if (sim_stage_hit(&hit, stage, &ray) && !hit.is_overhead)
            a->shadow[a->shadow_points++] = sp_v3_add(ray.from, sp_v3_scale(down, hit.distance_m));
    }
}

int sim_actor_pose(sim_actor *a, const sim_stage *stage, double begin_s, double end_s)
{
    if (a->is_posed && a->begin_s == begin_s && a->end_s == end_s)
        return 0;
    const double times[2] = {begin_s, end_s};
    const size_t stride = 3 * (size_t)a->world->body.mesh.vertices;
    for (int i = 0; i < 2; i++) {
        for (int k = 0; k < a->world->athletes; k++) { // in this order: each writes one float past its end
            sim_pose pose;
            sim_troupe_pose(&pose, a->world, k, times[i]);
            sim_body_pose(a->position[i] + (size_t)k * stride, NULL, &a->world->body, &pose);
        }
        rtcUpdateGeometryBuffer(a->accelerator->geometry, RTC_BUFFER_TYPE_VERTEX, (unsigned)i);
    }
    for (int k = 0; k < a->world->athletes; k++) {
        size_t at = (size_t)k * stride;
        sim_troupe_pose(&a->pose[k], a->world, k, 0.5 * (begin_s + end_s));
        sim_body_pose(a->scratch + at, a->normal + at, &a->world->body, &a->pose[k]);
    }
    rtcCommitGeometry(a->accelerator->geometry);
    rtcCommitScene(a->accelerator->scene);
    if (rtcGetDeviceError(a->accelerator->device) != RTC_ERROR_NONE)
        return sp_error(SP_ENOTSUP, "Embree could not follow the athlete to %g s", begin_s);
    find_openness(a);
    find_shadow(a, stage);
    a->begin_s = begin_s;
    a->end_s = end_s;
    a->is_posed = true;
    return 0;
}
