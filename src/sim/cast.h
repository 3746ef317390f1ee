// Rays: the static venue and the athlete in Embree. Nothing else in the project sees Embree.
#ifndef SIM_CAST_H
#define SIM_CAST_H

#include "body.h"
#include "motion.h"
#include "venue.h"
#include "wardrobe.h"

enum { SIM_ATHLETES_MAX = 8 };

// What a simulation shows: all of it constant while casting, and read by many threads.
typedef struct sim_world {
    sim_venue venue;
    sim_body body;
    int athletes; // 1..SIM_ATHLETES_MAX; all have the one body, and move alike, each at its place and a
                  // little before or after the first
    double spacing_m;
    sim_mesh troupe; // the body so many times, at rest: vertices and triangles of one after those of another
    sim_wardrobe wardrobe;
    sim_motion *motion;
} sim_world;
int sim_troupe_build(sim_world *world); // from body and athletes
// How an athlete stands at a time of the motion.
void sim_troupe_pose(sim_pose *out, const sim_world *world, int athlete, double t_s);

typedef struct sim_ray {
    sp_vec3 from, direction; // unit direction
    double least_m, most_m;
    double shutter; // 0..1 within the exposure, for what moves
} sim_ray;

typedef struct sim_hit {
    double distance_m;
    int triangle;
    bool is_overhead;
    float u, v; // barycentric weights of the second and third corner
} sim_hit;

typedef struct sim_stage sim_stage; // the venue's accelerator
int sim_stage_open(sim_stage **out, const sim_venue *venue);
void sim_stage_close(sim_stage **stage);
bool sim_stage_hit(sim_hit *hit, const sim_stage *stage, const sim_ray *ray);
bool sim_stage_blocks(const sim_stage *stage, const sim_ray *ray, bool with_overhead);

// The athletes during one exposure. One actor serves one thread.
typedef struct sim_actor {
    const sim_world *world;
    double begin_s, end_s; // of the exposure it is posed for
    bool is_posed;
    sim_pose pose[SIM_ATHLETES_MAX]; // in its middle
    float *position[2];              // at its begin and end
    float *normal;                   // in its middle
    float *openness;                 // per vertex: how much of the sky's light reaches it, 0..1
    float *scratch;
    int shadow_points;
    sp_vec3 *shadow; // where the athlete's shadow falls on the venue, for finding it in pictures
    struct sim_accelerator *accelerator;
} sim_actor;
int sim_actor_open(sim_actor **out, const sim_world *world);
void sim_actor_close(sim_actor **actor);
// Pose for an exposure; nothing happens when it stands there already.
int sim_actor_pose(sim_actor *actor, const sim_stage *stage, double begin_s, double end_s);
bool sim_actor_hit(sim_hit *hit, const sim_actor *actor, const sim_ray *ray);
bool sim_actor_blocks(const sim_actor *actor, const sim_ray *ray);

// Unit direction within the sun's disc, from two numbers in [0, 1).
sp_vec3 sim_sun_sample(const sim_light *light, double a, double b);
// Cosine-weighted direction around a normal.
sp_vec3 sim_cosine_sample(sp_vec3 normal, double a, double b);

#endif
